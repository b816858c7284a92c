/**
 * Work that outlives its tool. Public sources: openai-agents-js#1521 (tools go on after a time limit or an abort) and
 * opentelemetry-js#5856 (spans of late work).
 */
import * as agents from '@openai/agents';
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const tracer = trace.getTracer('application');

let harness: Harness;
beforeAll(async () => {
  const reply = { toolCalls: [{ name: 'report', arguments: {} }] };
  const slow = { faults: [{ fault: 'slow-first-chunk' as const, ms: 120 }], reply: { text: 'done' } };
  harness = await startHarness({
    scenarios: [
      { id: 'reports', steps: [{ when: { toolResultCount: 1 }, ...slow }, { reply }] },
      { id: 'of-tool', steps: [{ reply: { text: 'x' } }] },
    ],
  });
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  expect(streamViolations(await harness.events())).toEqual([]);
  await harness.reset();
});
afterAll(() => harness.stop());

/** Work that a tool may leave behind, and the line of its span. */
const WORK: Readonly<Record<string, readonly [work: () => unknown, line: string]>> = {
  'a span of the application': [() => tracer.startSpan('query').end(), 'query [INTERNAL]'],
  'a call of the client': [
    () => harness.client.responses.create({ model: 'of-tool', input: 'x' }),
    'chat of-tool [CLIENT]',
  ],
  'a span of the SDK': [
    () => agents.withCustomSpan(async () => {}, { data: { name: 'mine' } }),
    'mine [INTERNAL]',
  ],
};

/** When the work is done: while the model is asked again, or after the run. */
const MOMENTS: Readonly<Record<string, number>> = { 'during the run': 60, 'after the run': 400 };

/** How the tool comes to its end before its work does. */
const TOOLS: Readonly<Record<string, (late: () => Promise<unknown>) => agents.Tool>> = {
  'whose time was over': (late) => reporter(late, 10),
  'that did not wait for it': (late) =>
    reporter(async () => {
      void late();
      return 'started';
    }),
};

function reporter(execute: () => Promise<unknown>, timeoutMs?: number): agents.Tool {
  return agents.tool({
    name: 'report',
    description: 'reports',
    parameters: z.object({}),
    execute,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

describe.each(Object.entries(TOOLS))('The late work of a tool %s', (_tool, makeTool) => {
  describe.each(Object.entries(MOMENTS))('%s', (_moment, ms) => {
    it.each(Object.entries(WORK))('stays under the tool: %s', async (_name, [work, line]) => {
      let done: Promise<unknown> | undefined;
      const late = () => {
        done = pause(ms).then(work);
        return done;
      };
      const agent = new agents.Agent({ name: 'A', model: 'reports', tools: [makeTool(late)] });
      const result = await agents.run(agent, 'q', { stream: true });
      for await (const _event of result);
      await result.completed;
      await done;
      expect(spanTree(harness.spans()).map((text) => text.replace(/ ✗.*/, ''))).toEqual([
        'invoke_workflow A [INTERNAL]',
        '  invoke_agent A [INTERNAL]',
        '    chat reports [CLIENT]',
        '    execute_tool report [INTERNAL]',
        `      ${line}`,
        '    chat reports [CLIENT]',
      ]);
    });
  });
});
