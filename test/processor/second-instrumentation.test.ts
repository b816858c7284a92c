/**
 * A call that this package and another instrumentation both record is in the events once. The other instrumentation's
 * span is around ours or beneath it. `@opentelemetry/instrumentation-openai` sets its attributes at the start of a span,
 * OpenInference and OpenLLMetry set them afterwards, others at the end. `npm run test:beside` runs the real packages.
 */
import { type Attributes, type Context, context, diag, type Span, SpanKind, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChaukasSpanProcessor, MemorySink, OpenAIAgentsInstrumentation } from '../../src/index.js';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { withoutStreamSession } from '../harness/stream-session.js';

const OURS = 'opentelemetry-instrumentation-openai-agents';
const OTHER = '@opentelemetry/instrumentation-openai';

let sink: MemorySink;
let processor: ChaukasSpanProcessor;
let provider: NodeTracerProvider;
let warnings: string[];
// Its hooks are not needed: that it is enabled says that spans of ours may come.
const instrumentation = new OpenAIAgentsInstrumentation();

function start(foreignSpans?: 'complement' | 'ignore' | 'all'): void {
  sink = new MemorySink();
  processor = new ChaukasSpanProcessor({
    sinks: [sink],
    systemEvents: false,
    cost: { prices: { 'gpt-4o': { inputPerMillion: 1, outputPerMillion: 1 } } },
    ...(foreignSpans !== undefined && { foreignSpans }),
  });
  provider = new NodeTracerProvider({ spanProcessors: [processor] });
  provider.register();
}

beforeEach(() => {
  warnings = [];
  const ignore = () => {};
  diag.setLogger({
    error: ignore,
    warn: (...args) => warnings.push(args.join(' ')),
    info: ignore,
    debug: ignore,
    verbose: ignore,
  });
  start();
});
afterEach(async () => {
  await provider.shutdown();
  context.disable();
  trace.disable();
  diag.disable();
});

const CHAT = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
};
const USAGE = {
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'gen_ai.usage.input_tokens': 11,
  'gen_ai.usage.output_tokens': 7,
};

/** When an instrumentation sets the attributes that show what a span is. */
type Moment = 'at its start' | 'after its start' | 'at its end';

interface Played {
  readonly scope: string;
  readonly attributes?: Attributes;
  readonly set?: Moment;
  readonly usage?: Attributes;
}

/** Plays a span, with what happens within it. */
function play(
  { scope, attributes = CHAT, set = 'at its start', usage = USAGE }: Played,
  within?: () => void,
): void {
  const tracer = trace.getTracer(scope);
  const options = { kind: SpanKind.CLIENT, attributes: set === 'at its start' ? attributes : {} };
  tracer.startActiveSpan('call', options, (span) => {
    if (set === 'after its start') span.setAttributes(attributes);
    within?.();
    if (set === 'at its end') span.setAttributes(attributes);
    span.setAttributes(usage).end();
  });
}
const ours = (within?: () => void) => play({ scope: OURS }, within);
const other = (within?: () => void, rest: Partial<Played> = {}) => play({ scope: OTHER, ...rest }, within);
const plain = (within: () => void) => play({ scope: 'application', attributes: {}, usage: {} }, within);

async function stream() {
  await processor.forceFlush();
  expect(processor.stats().errors).toBe(0);
  const events = withoutStreamSession(sink.events);
  expect(streamViolations(events)).toEqual([]);
  return events;
}

async function counts() {
  const events = await stream();
  const ends = events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END');
  const session = events.findLast(({ type }) => type === 'EVENT_TYPE_SESSION_END');
  return {
    calls: ends.length,
    withCost: ends.filter(({ cost }) => cost !== undefined).length,
    tokens: session?.metadata?.total_tokens,
  };
}
const ONCE = { calls: 1, withCost: 1, tokens: 18 };

const MOMENTS: readonly Moment[] = ['at its start', 'after its start', 'at its end'];

describe.each(MOMENTS)('A foreign span that shows what it is %s, and describes a call of ours', (set) => {
  it.each<[place: string, run: () => void]>([
    ['around it', () => other(ours, { set })],
    ['beneath it', () => ours(() => other(undefined, { set }))],
    ['around it, with a span between', () => other(() => plain(ours), { set })],
    ['beneath it, with a span between', () => ours(() => plain(() => other(undefined, { set })))],
    ['around it, in a request of the application', () => plain(() => other(ours, { set }))],
    ['around and beneath it', () => other(() => ours(() => other(undefined, { set })), { set })],
    ['around it twice', () => other(() => other(ours, { set }), { set })],
    [
      'around it twice, with spans between',
      () => other(() => plain(() => other(() => plain(ours), { set })), { set }),
    ],
  ])('%s, leaves one invocation with its tokens and cost', async (_place, run) => {
    run();
    expect(await counts()).toEqual(ONCE);
  });

  it('leaves the parent of our events', async () => {
    const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'A' };
    play({ scope: OURS, attributes: agent, usage: {} }, () => other(() => plain(ours), { set }));
    expect(eventLines(await stream())).toEqual([
      'SESSION_START',
      '  AGENT_START A',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  AGENT_END A',
      'SESSION_END',
    ]);
  });
});

describe('A foreign span that is not the same call', () => {
  it.each<[what: string, run: () => void, expected: { calls: number; tokens: number }]>([
    ['that stands alone', () => other(), { calls: 1, tokens: 18 }],
    ['beside a call of ours', () => plain(() => [ours(), other()]), { calls: 2, tokens: 36 }],
    [
      'of another model beneath a call of ours',
      () =>
        ours(() =>
          other(undefined, {
            attributes: { ...CHAT, 'gen_ai.request.model': 'claude' },
            usage: { 'gen_ai.usage.input_tokens': 5 },
          }),
        ),
      { calls: 2, tokens: 23 },
    ],
    [
      'of another operation around a call of ours',
      () => other(ours, { attributes: { ...CHAT, 'gen_ai.operation.name': 'embeddings' }, usage: {} }),
      { calls: 2, tokens: 18 },
    ],
    ['around another foreign span, without ours', () => other(() => other()), { calls: 2, tokens: 36 }],
  ])('%s makes events of its own', async (_what, run, { calls, tokens }) => {
    run();
    expect(await counts()).toMatchObject({ calls, tokens });
  });

  it('that starts beneath a span of the application which has outlived the call of ours', async () => {
    const tracer = trace.getTracer(OURS);
    const request = trace.getTracer('application').startSpan('request');
    const within = (span: Span): Context => trace.setSpan(context.active(), span);
    const call = tracer.startSpan('call', { kind: SpanKind.CLIENT, attributes: CHAT }, within(request));
    const work = trace.getTracer('application').startSpan('work', {}, within(call));
    call.setAttributes(USAGE).end();
    context.with(within(work), () => other());
    work.end();
    request.end();
    expect(await counts()).toMatchObject({ calls: 2, tokens: 36 });
  });
});

describe('A foreign call around several of ours', () => {
  it('leaves each of ours one invocation', async () => {
    other(() => [ours(), ours()]);
    expect(await counts()).toEqual({ calls: 2, withCost: 2, tokens: 36 });
  });

  it('whose START is out keeps its events, without tokens and cost', async () => {
    const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'add' };
    other(() => {
      play({ scope: OTHER, attributes: tool, usage: {} });
      ours();
    });
    expect(await counts()).toEqual({ calls: 2, withCost: 1, tokens: 18 });
  });
});

describe('Foreign spans of tools, agents and MCP requests beneath ours', () => {
  it.each<[role: string, attributes: Attributes]>([
    ['TOOL_CALL', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'add' }],
    ['AGENT', { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'A' }],
    ['MCP_CALL', { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'add' }],
  ])('make no second %s', async (role, attributes) => {
    play({ scope: OURS, attributes, usage: {} }, () => play({ scope: OTHER, attributes, usage: {} }));
    const events = await stream();
    expect(events.filter(({ type }) => type === `EVENT_TYPE_${role}_END`)).toHaveLength(1);
  });

  it('make events of their own if they are another tool', async () => {
    const tool = (name: string) => ({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name });
    play({ scope: OURS, attributes: tool('a'), usage: {} }, () =>
      play({ scope: OTHER, attributes: tool('b'), usage: {} }),
    );
    const events = await stream();
    expect(events.filter(({ type }) => type === 'EVENT_TYPE_TOOL_CALL_END')).toHaveLength(2);
  });
});

describe('The option foreignSpans', () => {
  it.each<['complement' | 'ignore' | 'all', { calls: number; tokens: number | undefined }]>([
    ['complement', { calls: 2, tokens: 36 }],
    ['ignore', { calls: 1, tokens: 18 }],
    ['all', { calls: 3, tokens: 54 }],
  ])('%s', async (option, expected) => {
    await provider.shutdown();
    trace.disable();
    context.disable();
    start(option);
    plain(() => {
      other(ours);
      other();
    });
    expect(await counts()).toMatchObject(expected);
  });

  it('accepts three values', () => {
    expect(() => new ChaukasSpanProcessor({ sinks: [sink], foreignSpans: 'none' as never })).toThrow(
      `option "foreignSpans" is 'none'; it must be 'complement', 'ignore' or 'all'`,
    );
  });
});

describe('The warning', () => {
  it('names the second instrumentation once, and how to switch one off', async () => {
    other(ours);
    ours(() => other());
    await stream();
    expect(warnings.filter((text) => text.includes(OTHER))).toHaveLength(1);
    expect(warnings.join()).toContain('OTEL_NODE_DISABLED_INSTRUMENTATIONS=openai');
  });

  it('does not come without a second record', () => {
    plain(() => [ours(), other()]);
    expect(warnings).toEqual([]);
  });
});

/** The events while spans are still open. */
async function soFar() {
  await processor.forceFlush();
  return withoutStreamSession(sink.events);
}

describe('The START of a foreign call', () => {
  it('leaves at once if no span of ours can come', async () => {
    instrumentation.disable();
    try {
      const call = trace.getTracer(OTHER).startSpan('call', { kind: SpanKind.CLIENT, attributes: CHAT });
      expect(eventLines(await soFar())).toEqual(['SESSION_START', '  MODEL_INVOCATION_START']);
      call.end();
    } finally {
      instrumentation.enable();
    }
  });

  it('waits until a span beneath it makes an event', async () => {
    const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'add' };
    const tracer = trace.getTracer(OTHER);
    const call = tracer.startSpan('call', { kind: SpanKind.CLIENT, attributes: CHAT });
    expect(eventLines(await soFar())).toEqual(['SESSION_START']);
    const within = trace.setSpan(context.active(), call);
    tracer.startSpan('tool', { attributes: tool }, within).end();
    expect(eventLines(await soFar())).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '    TOOL_CALL_START add',
      '    TOOL_CALL_END',
    ]);
    call.end();
  });

  it('leaves at shutdown, before its END', async () => {
    trace.getTracer(OTHER).startSpan('call', { kind: SpanKind.CLIENT, attributes: CHAT });
    await provider.shutdown();
    expect(withoutStreamSession(sink.events).map(({ type }) => type.slice('EVENT_TYPE_'.length))).toEqual([
      'SESSION_START',
      'MODEL_INVOCATION_START',
      'MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
  });
});
