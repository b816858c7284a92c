/** Content that is recorded nowhere is not read: no provider is registered, so no span records. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ChaukasSpanProcessor, MemorySink } from '../../../src/index.js';
import { cannedCompletions, startTwoClients, type TwoClients } from './two-clients.js';

let clients: TwoClients;
beforeAll(async () => {
  new ChaukasSpanProcessor({ sinks: [new MemorySink()] });
  clients = await startTwoClients({ captureMessageContent: true });
});
afterAll(() => clients.stop());

it('A body that nothing records is not parsed', async () => {
  const parse = JSON.parse;
  const count = async (action: () => Promise<unknown>) => {
    let bodies = 0;
    JSON.parse = (text: string, ...rest) => {
      if (text.includes('not to be parsed')) bodies += 1;
      return parse(text, ...rest);
    };
    try {
      await action();
    } finally {
      JSON.parse = parse;
    }
    return bodies;
  };
  const { bare, instrumented } = await clients.bothAsync((newClient) =>
    count(() =>
      newClient(cannedCompletions()).chat.completions.create({
        model: 'm',
        messages: [{ role: 'user', content: 'not to be parsed' }],
      }),
    ),
  );
  expect([bare, instrumented]).toEqual([0, 0]);
});
