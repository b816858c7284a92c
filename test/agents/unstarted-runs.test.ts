/** Runs that fail before the SDK starts its first span. */
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ scenarios: [{ id: 'calls', steps: [{ reply: { text: 'hi' } }] }] });
});
afterEach(async () => {
  // The session of a conversation stays open for its next run.
  const violations = streamViolations(await harness.events()).filter(
    (text) => !text.endsWith('(missing_end)'),
  );
  harness.instrumentation.setConfig({ ...harness.instrumentation.getConfig(), workflowSpans: 'always' });
  agents.setTracingDisabled(false);
  await harness.reset();
  expect(violations).toEqual([]);
});
afterAll(() => harness.stop());

/** A store that is down. */
const downStore = (): agents.Session => ({
  getSessionId: async () => 'chat-77',
  getItems: async () => {
    throw new TypeError('ECONNREFUSED redis:6379');
  },
  addItems: async () => {},
  popItem: async () => undefined,
  clearSession: async () => {},
});

const agent = (more: Partial<agents.AgentConfiguration> = {}) =>
  new agents.Agent({ name: 'A', model: 'calls', ...more });

let conversations = 0;
const input = [{ role: 'user' as const, content: 'go' }];

/** Each run fails with a `TypeError`. */
const FAILURES: Record<string, (options: { stream: boolean }) => Promise<unknown>> = {
  // openai-agents-python#1247, openai-agents-js (session stores)
  'the store of the session is down': (options) =>
    agents.run(agent(), 'go', { ...options, session: downStore() } as never),
  'the callback for the session throws': (options) =>
    agents.run(agent(), input, {
      ...options,
      session: new agents.MemorySession({ sessionId: `chat-${conversations++}` }),
      sessionInputCallback: () => {
        throw new TypeError('bad history');
      },
    } as never),
  'a tool cannot say whether it is enabled': (options) =>
    agents.run(
      agent({
        tools: [
          agents.tool({
            name: 't',
            description: 't',
            parameters: { type: 'object', properties: {}, required: [], additionalProperties: true },
            strict: false,
            execute: () => '',
            isEnabled: () => {
              throw new TypeError('no flags');
            },
          }),
        ],
      }),
      'go',
      options as never,
    ),
  'a server cannot list its tools': (options) =>
    agents.run(agent({ mcpServers: [unlisted()] }), 'go', options as never),
};

const unlisted = () =>
  ({
    name: 'files',
    cacheToolsList: false,
    connect: async () => {},
    close: async () => {},
    listTools: async () => {
      throw new TypeError('no tools');
    },
    callTool: async () => [],
    invalidateToolsCache: async () => {},
  }) as unknown as agents.MCPServer;

/** Waits for the end of the run, streamed or not. */
async function failureOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    const result = await run();
    if (result instanceof agents.StreamedRunResult) await result.completed;
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.each([{ stream: false }, { stream: true }])('A run ($stream)', (options) => {
  it.each(Object.entries(FAILURES))('is a failed workflow if %s', async (_what, run) => {
    expect(await failureOf(() => run(options))).toBeInstanceOf(TypeError);
    await expect.poll(() => harness.openSpanCount()).toBe(0);
    const [root] = spanTree(harness.spans());
    expect(root).toBe('invoke_workflow A [INTERNAL] ✗ TypeError');
    const lines = eventLines(await harness.events()).map((line) => line.trim());
    expect(lines.filter((line) => /ERROR|SESSION_START/.test(line))).toEqual(
      expect.arrayContaining(['SESSION_START', 'ERROR TypeError']),
    );
  });

  it('is a failed agent if it has no workflow span', async () => {
    harness.instrumentation.setConfig({
      ...harness.instrumentation.getConfig(),
      workflowSpans: 'multi-agent',
    });
    await failureOf(() => FAILURES['the store of the session is down']?.(options) ?? Promise.resolve());
    expect(spanTree(harness.spans())).toEqual(['invoke_agent A [INTERNAL] ✗ TypeError']);
    expect(eventLines(await harness.events()).map((line) => line.trim())).toEqual(
      expect.arrayContaining(['AGENT_START A', 'ERROR TypeError', 'AGENT_END A (failed)']),
    );
  });
});

it('A run that fails within a trace of the application is a failed agent in it', async () => {
  await failureOf(() => agents.withTrace('desk', () => agents.run(agent(), 'go', { session: downStore() })));
  expect(spanTree(harness.spans())).toEqual([
    'invoke_workflow desk [INTERNAL] ✗ TypeError',
    '  invoke_agent A [INTERNAL] ✗ TypeError',
  ]);
});

it('A run that is not to be traced is not recorded when it fails', async () => {
  const runner = new agents.Runner({ tracingDisabled: true });
  await failureOf(() => runner.run(agent(), 'go', { session: downStore() }));
  expect(harness.spans()).toEqual([]);
});

it('A run without content shows the class of the error and not its text', async () => {
  const runner = new agents.Runner({ traceIncludeSensitiveData: false });
  await failureOf(() => runner.run(agent(), 'go', { session: downStore() }));
  const [span] = harness.spans();
  expect(span?.attributes['error.type']).toBe('TypeError');
  expect(JSON.stringify([span?.status, await harness.events()])).not.toContain('redis');
});

it('A run that fails while the tracing of the SDK is off is recorded if such runs are', async () => {
  agents.setTracingDisabled(true);
  await failureOf(() => agents.run(agent(), 'go', { session: downStore() }));
  expect(spanTree(harness.spans())).toEqual(['invoke_workflow A [INTERNAL] ✗ TypeError']);
  await harness.reset();
  harness.instrumentation.setConfig({ ...harness.instrumentation.getConfig(), traceWhenDisabled: false });
  await failureOf(() => agents.run(agent(), 'go', { session: downStore() }));
  expect(harness.spans()).toEqual([]);
  harness.instrumentation.setConfig({ ...harness.instrumentation.getConfig(), traceWhenDisabled: true });
});
