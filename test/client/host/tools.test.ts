/** A tool that is another one each time it is serialised. A processor without content is the only listener. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ChaukasSpanProcessor, MemorySink } from '../../../src/index.js';
import { type NewClient, startTwoClients, type TwoClients } from './two-clients.js';

let clients: TwoClients;
beforeAll(async () => {
  const processor = new ChaukasSpanProcessor({ captureMessageContent: false, sinks: [new MemorySink()] });
  clients = await startTwoClients({ captureMessageContent: false }, [processor]);
});
afterAll(() => clients.stop());

const DEEP = `{"value":${'['.repeat(128)}0${']'.repeat(128)}}`;

function chunk(delta: object, finish_reason: string | null): string {
  const choices = [{ index: 0, delta, finish_reason }];
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
}

async function streamWith(newClient: NewClient): Promise<unknown> {
  const call = { index: 0, id: 't', type: 'function', function: { name: 'f', arguments: DEEP } };
  const answer = `${chunk({ role: 'assistant', tool_calls: [call] }, null)}${chunk({}, 'tool_calls')}data: [DONE]\n\n`;
  const bodies: unknown[] = [];
  const client = newClient({
    fetch: async (_url, init) => {
      bodies.push(init?.body);
      return new Response(answer, { headers: { 'content-type': 'text/event-stream' } });
    },
  });
  let serialised = 0;
  const definition = { name: 'f', parameters: { type: 'object', properties: { value: {} } } };
  const tool = {
    type: 'function' as const,
    function: { ...definition, strict: false },
    toJSON() {
      serialised += 1;
      return { type: 'function', function: { ...definition, strict: serialised > 1 } };
    },
  };
  const stream = client.chat.completions.stream({
    model: 'm',
    messages: [{ role: 'user', content: 'x' }],
    tools: [tool],
  });
  const outcome = await stream.finalChatCompletion().then(
    ({ choices }) => choices[0]?.finish_reason,
    (error: unknown) => String(error),
  );
  return { serialised, bodies, outcome };
}

it('A tool with a toJSON that changes is serialised once, and its stream is accepted', async () => {
  const { bare, instrumented } = await clients.bothAsync(streamWith);
  expect(instrumented).toEqual(bare);
  expect(instrumented).toMatchObject({ serialised: 1, outcome: 'tool_calls' });
});
