/**
 * A run that its caller aborts. Public sources: openai-agents-js#1521 and #818, where a run goes on after an abort or
 * reports it as an error.
 */
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { withSession } from '../../src/index.js';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  const done = { text: 'done', usage: { inputTokens: 5, outputTokens: 2 } };
  const asks = (name: string, args: Record<string, unknown> = {}) => [
    { when: { toolResultCount: 1 }, reply: done },
    { reply: { toolCalls: [{ name, arguments: args }] } },
  ];
  harness = await startHarness({
    scenarios: [
      { id: 'says', steps: [{ reply: { text: 'one two three four five six' } }] },
      { id: 'hangs', steps: [{ faults: [{ fault: 'hang' }], reply: done }] },
      {
        id: 'trickles',
        steps: [
          { faults: [{ fault: 'slow-chunk', ms: 30 }], reply: { text: 'one two three four five six' } },
        ],
      },
      { id: 'works', steps: asks('work') },
      { id: 'asks-sub', steps: asks('sub', { input: 'q' }) },
    ],
  });
});
afterEach(async () => {
  // The span of an aborted HTTP request ends a little later.
  await expect.poll(() => harness.openSpanCount()).toBe(0);
  expect(streamViolations(await harness.events())).toEqual([]);
  expect(harness.processor.stats().errors).toBe(0);
  await harness.reset();
});
afterAll(() => harness.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A place in a run where its caller aborts. */
interface Place {
  readonly agent: (abort: () => void) => agents.Agent;
  /** When the caller aborts, unless a tool does it. */
  readonly when?: 'before' | 'model call' | 'mid-stream';
  readonly streamed: readonly boolean[];
  readonly spans: readonly string[];
  readonly events: readonly string[];
}

const agent = (model: string, ...tools: agents.Tool[]) => new agents.Agent({ name: 'A', model, tools });

/** An agent with another one as its tool. */
const withSubagent = (sub: agents.Agent) =>
  agent('asks-sub', sub.asTool({ toolName: 'sub', toolDescription: 'asks another agent' }));

type Execute = (abort: () => void, signal: AbortSignal | undefined) => unknown;

const worker =
  (execute: Execute, options: { errorFunction?: null } = {}) =>
  (abort: () => void) =>
    agent(
      'works',
      agents.tool({
        name: 'work',
        description: 'works',
        parameters: z.object({}),
        execute: (_input, _context, details) => execute(abort, details?.signal),
        ...options,
      }),
    );

const ignoresAbort: Execute = async (abort) => {
  abort();
  await pause(10);
  return 'worked';
};

const heedsAbort: Execute = async (abort, signal) => {
  abort();
  await pause(5);
  signal?.throwIfAborted();
  return 'worked';
};

const breaksBesideAbort: Execute = async (abort) => {
  abort();
  await pause(5);
  throw new TypeError('broke');
};

const callGivenUp = (model: string) => ({
  spans: [
    'invoke_workflow A [INTERNAL] (cancelled)',
    '  invoke_agent A [INTERNAL] (cancelled)',
    `    chat ${model} [CLIENT] (cancelled)`,
  ],
  events: ['    MODEL_INVOCATION_END (cancelled)', '  AGENT_END A (cancelled)', 'SESSION_END (cancelled)'],
});

const inTool = (tool: string, ending: string, ...errors: string[]) => ({
  spans: [
    'invoke_workflow A [INTERNAL] (cancelled)',
    '  invoke_agent A [INTERNAL] (cancelled)',
    '    chat works [CLIENT]',
    `    execute_tool work [INTERNAL]${tool}`,
  ],
  events: [
    '    MODEL_INVOCATION_END',
    ...errors,
    `    TOOL_CALL_END${ending}`,
    '  AGENT_END A (cancelled)',
    'SESSION_END (cancelled)',
  ],
});

const failedBeside = {
  spans: [
    'invoke_workflow A [INTERNAL] ✗ ToolCallError',
    '  invoke_agent A [INTERNAL] ✗ ToolCallError',
    '    chat works [CLIENT]',
    '    execute_tool work [INTERNAL] ✗ TypeError',
  ],
  events: [
    '    MODEL_INVOCATION_END',
    '    ERROR TypeError',
    '    TOOL_CALL_END (failed)',
    '  ERROR ToolCallError',
    '  AGENT_END A (failed)',
    'SESSION_END (failed)',
  ],
};

const both = [false, true];

const PLACES: Readonly<Record<string, Place>> = {
  'before its start': { agent: () => agent('says'), when: 'before', streamed: both, ...callGivenUp('says') },
  'in a model call': {
    agent: () => agent('hangs'),
    when: 'model call',
    streamed: both,
    ...callGivenUp('hangs'),
  },
  'in the midst of a stream': {
    agent: () => agent('trickles'),
    when: 'mid-stream',
    streamed: [true],
    ...callGivenUp('trickles'),
  },
  'in a tool that ignores it': { agent: worker(ignoresAbort), streamed: both, ...inTool('', '') },
  'in a tool that heeds it': {
    agent: worker(heedsAbort),
    streamed: both,
    ...inTool(' (cancelled)', ' (cancelled)'),
  },
  'in a tool that heeds it and has no error function': {
    agent: worker(heedsAbort, { errorFunction: null }),
    streamed: both,
    ...inTool(' (cancelled)', ' (cancelled)'),
  },
  'in a tool that breaks then': {
    agent: worker(breaksBesideAbort),
    streamed: both,
    ...inTool(' ✗', ' (failed)', '    ERROR'),
  },
  'in a tool that breaks then and has no error function': {
    agent: worker(breaksBesideAbort, { errorFunction: null }),
    streamed: both,
    ...failedBeside,
  },
  'in a model call of an agent that is a tool': {
    agent: () => withSubagent(agent('hangs')),
    when: 'model call',
    streamed: both,
    spans: [
      'invoke_workflow A [INTERNAL] (cancelled)',
      '  invoke_agent A [INTERNAL] (cancelled)',
      '    chat asks-sub [CLIENT]',
      '    execute_tool sub [INTERNAL] (cancelled)',
      '      invoke_agent A [INTERNAL] (cancelled)',
      '        chat hangs [CLIENT] (cancelled)',
    ],
    events: [
      '    MODEL_INVOCATION_END',
      '        MODEL_INVOCATION_END (cancelled)',
      '      AGENT_END A (cancelled)',
      '    TOOL_CALL_END (cancelled)',
      '  AGENT_END A (cancelled)',
      'SESSION_END (cancelled)',
    ],
  },
  'in a tool of an agent that is a tool': {
    agent: (abort) => withSubagent(worker(heedsAbort)(abort)),
    streamed: both,
    spans: [
      'invoke_workflow A [INTERNAL] (cancelled)',
      '  invoke_agent A [INTERNAL] (cancelled)',
      '    chat asks-sub [CLIENT]',
      '    execute_tool sub [INTERNAL] (cancelled)',
      '      invoke_agent A [INTERNAL] (cancelled)',
      '        chat works [CLIENT]',
      '        execute_tool work [INTERNAL] (cancelled)',
    ],
    events: [
      '    MODEL_INVOCATION_END',
      '        MODEL_INVOCATION_END',
      '        TOOL_CALL_END (cancelled)',
      '      AGENT_END A (cancelled)',
      '    TOOL_CALL_END (cancelled)',
      '  AGENT_END A (cancelled)',
      'SESSION_END (cancelled)',
    ],
  },
};

const REASONS: readonly (readonly [name: string, reason: unknown])[] = [
  ['no reason', undefined],
  ['an error of the application', new RangeError('the user left')],
  ['a text', 'the user left'],
  ['a time limit', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
];

interface Variant {
  readonly streamed: boolean;
  readonly reason?: unknown;
  readonly config?: Partial<agents.RunConfig>;
}

/** Waits until the model that never answers is asked. */
async function modelCalled(): Promise<void> {
  const { requests } = harness.server;
  const known = requests.length;
  const asked = () => requests.slice(known).some(({ body }) => JSON.stringify(body).includes('hangs'));
  while (!asked()) await pause(5);
}

/** Runs and aborts, and returns what the application gets. */
async function play({ agent, when }: Place, { streamed, reason, config }: Variant): Promise<unknown> {
  const controller = new AbortController();
  const abort = () => controller.abort(...(reason === undefined ? [] : [reason]));
  if (when === 'before') abort();
  if (when === 'model call') void modelCalled().then(abort);
  const { signal } = controller;
  const openAIClient = harness.client.withOptions({ maxRetries: 0 });
  const runner = new agents.Runner({
    modelProvider: new agents.OpenAIProvider({ openAIClient }),
    ...config,
  });
  if (!streamed) return runner.run(agent(abort), 'q', { signal });
  const result = await runner.run(agent(abort), 'q', { signal, stream: true });
  let seen = 0;
  for await (const _event of result) {
    seen += 1;
    if (when === 'mid-stream' && seen === 5) abort();
  }
  await result.completed;
  return result;
}

const endings = async () => eventLines(await harness.events()).filter((line) => /_END|ERROR/.test(line));

/** A tool's own error has no type while the SDK withholds its text. */
const tidy = (lines: readonly string[]) => lines.map((line) => line.replace(/ _OTHER$/, ''));

describe.each(Object.entries(PLACES))('A run that is aborted %s', (_name, place) => {
  describe.each(place.streamed.map((streamed) => [streamed ? 'streamed' : 'plain', streamed] as const))(
    'and is %s',
    (_form, streamed) => {
      it.each(REASONS)('tells one story on every level, with %s', async (_reason, reason) => {
        await play(place, { streamed, reason }).catch(() => undefined);
        expect(tidy(spanTree(harness.spans()))).toEqual(place.spans);
        expect(tidy(await endings())).toEqual(place.events);
      });

      it('tells it in a run without sensitive data, too', async () => {
        await play(place, { streamed, config: { traceIncludeSensitiveData: false } }).catch(() => undefined);
        const outcomes = spanTree(harness.spans()).map((line) => line.replace(/✗ .*/, '✗'));
        expect(outcomes).toEqual(place.spans.map((line) => line.replace(/✗ .*/, '✗')));
      });
    },
  );
});

describe('A session around an aborted run', () => {
  it.each(REASONS.filter(([, reason]) => typeof reason !== 'string'))(
    'is cancelled with it, with %s',
    async (_name, reason) => {
      const place = PLACES['in a tool that ignores it'] as Place;
      const failure = await withSession({ name: 's' }, () => play(place, { streamed: false, reason })).catch(
        (error: unknown) => error,
      );
      expect(failure).toBe(reason ?? failure);
      expect(spanTree(harness.spans())[0]).toBe('session s [INTERNAL] (cancelled)');
      expect((await endings()).at(-1)).toBe('SESSION_END (cancelled)');
    },
  );

  it('is cancelled with a call of the client, too', async () => {
    const call = () =>
      harness.client.responses.create({ model: 'says', input: 'q' }, { signal: AbortSignal.abort() });
    await expect(withSession({ name: 's' }, async () => call())).rejects.toThrow('aborted');
    expect(spanTree(harness.spans())).toEqual([
      'session s [INTERNAL] (cancelled)',
      '  chat says [CLIENT] (cancelled)',
    ]);
  });
});

describe('A trace with several runs', () => {
  it('is not cancelled if the last one completed', async () => {
    const place = PLACES['in a tool that ignores it'] as Place;
    await agents.withTrace('all', async () => {
      await play(place, { streamed: false }).catch(() => undefined);
      await agents.run(agent('says'), 'q');
    });
    expect(spanTree(harness.spans())[0]).toBe('invoke_workflow all [INTERNAL]');
  });
});
