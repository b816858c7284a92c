import { zodFunction } from 'openai/helpers/zod';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type Harness, startHarness } from '../../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

it('records the tools of the helper zodFunction', async () => {
  const parameters = z.object({ query: z.string() });
  const tools = ['a', 'b'].map((name) =>
    zodFunction({ name, parameters, function: async ({ query }: { query: string }) => ({ found: query }) }),
  );
  const body = { model: 'two-tools', messages: [{ role: 'user' as const, content: 'hi' }], tools };
  await harness.client.chat.completions.runTools(body).done();
  const names = harness.spans().map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('execute_tool'))).toEqual([
    'execute_tool a',
    'execute_tool b',
  ]);
});
