/** Tokens that the SDK counts for a run beside the answers of its model. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as agents from '@openai/agents';
import * as openai from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from '../harness/telemetry.js';

const usage = (input: number, output: number) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: input + output,
});

/** Compacts for 1000 and 100 tokens. */
const compacted = {
  id: 'cmp',
  object: 'response.compaction',
  created_at: 1,
  output: [{ type: 'compaction', id: 'c', encrypted_content: 'E' }],
  usage: usage(1000, 100),
};

let harness: Harness;
let client: openai.OpenAI;
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(compacted));
});
beforeAll(async () => {
  harness = await startHarness({ scenarios: [{ id: 'says', steps: [{ reply: { text: 'hi' } }] }] });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  client = new openai.OpenAI({ apiKey: 'sk-local', baseURL: `http://127.0.0.1:${port}/v1` });
});
afterEach(() => harness.reset());
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await harness.stop();
});

/** A session of the application that compacts by itself, and says what it cost. */
class OwnCompaction extends agents.MemorySession {
  async runCompaction() {
    return { usage: new agents.RequestUsage({ inputTokens: 500, outputTokens: 50, totalTokens: 550 }) };
  }
}

/** A session whose compaction costs nothing that anybody knows. */
class SilentCompaction extends agents.MemorySession {
  async runCompaction() {
    return null;
  }
}

// openai-agents-python#4446, Arize-ai/phoenix#15374
describe.each([{ stream: false }, { stream: true }])(
  'The sums of an agent and its workflow ($stream)',
  ({ stream }) => {
    it.each<[what: string, tokens: readonly number[], session: () => agents.Session]>([
      [
        "the SDK's compaction",
        [1000, 100],
        () =>
          new agents.OpenAIResponsesCompactionSession({
            client: client as never,
            model: 'gpt-5-mini',
            underlyingSession: new agents.MemorySession(),
            shouldTriggerCompaction: () => true,
          }),
      ],
      ['a compaction of the application', [500, 50], () => new OwnCompaction()],
      ['no compaction', [0, 0], () => new SilentCompaction()],
    ])(
      'have the tokens of %s, as the result of the SDK has',
      async (_what, [input = 0, output = 0], session) => {
        const agent = new agents.Agent({ name: 'A', model: 'says' });
        const options = { session: session(), stream };
        const result = (await agents.run(agent, 'go', options as never)) as unknown as {
          readonly state: { readonly usage: agents.Usage };
          readonly completed?: Promise<void>;
        };
        await result.completed;
        await expect.poll(() => harness.openSpanCount()).toBe(0);
        const sum = result.state.usage;
        const sums = harness
          .spans()
          .filter(({ name }) => /^invoke_/.test(name))
          .map(({ attributes }) => [
            attributes['gen_ai.usage.input_tokens'],
            attributes['gen_ai.usage.output_tokens'],
          ]);
        const own = harness.spans().find(({ name }) => name === 'chat says')?.attributes;
        expect(sums).toEqual([
          [sum.inputTokens, sum.outputTokens],
          [sum.inputTokens, sum.outputTokens],
        ]);
        expect(sum.inputTokens).toBe(Number(own?.['gen_ai.usage.input_tokens']) + input);
        expect(sum.outputTokens).toBe(Number(own?.['gen_ai.usage.output_tokens']) + output);
      },
    );
  },
);
