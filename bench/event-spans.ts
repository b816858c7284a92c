/**
 * Spans of agent runs as an SDK hands them to a processor. They are made in advance, so that no time of the SDK is
 * measured.
 */
import type { Attributes, HrTime, SpanContext } from '@opentelemetry/api';

/** The type of span that `ChaukasSpanProcessor` takes. */
export interface BenchSpan {
  readonly name: string;
  readonly kind: number;
  readonly parentSpanContext: SpanContext | undefined;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: { readonly code: number };
  readonly attributes: Attributes;
  readonly events: readonly never[];
  readonly resource: { readonly attributes: Attributes };
  spanContext(): SpanContext;
}

/** A step in the life of a run, in order. */
export type Step = readonly ['start' | 'end', BenchSpan];

/** The spans of one run: a session, an agent with its input and output, two model calls, two tools. */
export const EVENTS_PER_RUN = 14;

const RESOURCE = { attributes: { 'service.name': 'support-desk' } };

const INSTRUCTIONS =
  'You are the support desk of a shop. Look orders up before you answer, say what you did, and be brief. Never promise a refund.';
const QUESTION = 'Where is my order 4711? It was due last Tuesday, and I need it for the weekend.';
const ANSWER =
  'Your order 4711 left our warehouse in Hamburg on Monday. The carrier says that it arrives on Friday before noon. I have asked for a call before delivery.';
const message = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] });

const AGENT: Attributes = {
  'gen_ai.operation.name': 'invoke_agent',
  'gen_ai.provider.name': 'openai',
  'gen_ai.agent.name': 'desk',
  'gen_ai.request.model': 'gpt-5-mini',
  'gen_ai.input.messages': JSON.stringify([message('user', QUESTION)]),
  'gen_ai.output.messages': JSON.stringify([{ ...message('assistant', ANSWER), finish_reason: 'stop' }]),
};

const MODEL: Attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5-mini',
  'gen_ai.request.temperature': 0.2,
  'gen_ai.request.max_tokens': 1024,
  'gen_ai.response.id': 'resp_68a1f3c2d4e5b6a7980123',
  'gen_ai.response.model': 'gpt-5-mini-2025-08-07',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 412,
  'gen_ai.usage.output_tokens': 64,
  'gen_ai.usage.cache_read.input_tokens': 256,
  'server.address': 'api.openai.com',
  'gen_ai.input.messages': JSON.stringify([message('system', INSTRUCTIONS), message('user', QUESTION)]),
  'gen_ai.output.messages': JSON.stringify([{ ...message('assistant', ANSWER), finish_reason: 'stop' }]),
};

const TOOL: Attributes = {
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': 'look_up_order',
  'gen_ai.tool.type': 'function',
  'gen_ai.tool.call.id': 'call_9f8e7d6c5b4a',
  'gen_ai.tool.call.arguments': JSON.stringify({ order_id: '4711', include: ['parcel', 'payment'] }),
  'gen_ai.tool.call.result': JSON.stringify({
    order_id: '4711',
    status: 'shipped',
    parcel: { carrier: 'DHL', location: 'Hamburg', due: '2026-11-27', events: ['picked', 'packed', 'sent'] },
    payment: { state: 'paid', amount: 129.95, currency: 'EUR' },
  }),
};

let ids = 0;

function span(name: string, attributes: Attributes, parent: BenchSpan | undefined): BenchSpan {
  ids += 1;
  const spanId = ids.toString(16).padStart(16, '0');
  const traceId = parent?.spanContext().traceId ?? ids.toString(16).padStart(32, 'a');
  const context = { traceId, spanId, traceFlags: 1 };
  const seconds = 1_795_000_000 + Math.floor(ids / 1000);
  const nanos = (ids % 1000) * 1_000_000;
  return {
    name,
    kind: 0,
    parentSpanContext: parent?.spanContext(),
    startTime: [seconds, nanos],
    endTime: [seconds, nanos + 5_000],
    status: { code: 0 },
    attributes,
    events: [],
    resource: RESOURCE,
    spanContext: () => context,
  };
}

/** The steps of one run, whose trace is its session. */
export function runSteps(): Step[] {
  const agent = span('invoke_agent desk', AGENT, undefined);
  const inner = [MODEL, TOOL, TOOL, MODEL].flatMap((attributes): Step[] => {
    const child = span('step', attributes, agent);
    return [
      ['start', child],
      ['end', child],
    ];
  });
  return [['start', agent], ...inner, ['end', agent]];
}

/**
 * The steps of a model call that stands alone.
 *
 * @param characters - of the messages of its request, which have 1,000 each.
 */
export function modelCallSteps(characters: number): Step[] {
  const messages = Array.from({ length: Math.max(1, characters / 1_000) }, (_, index) =>
    message(
      index % 2 === 0 ? 'user' : 'assistant',
      `${index}. ${QUESTION} ${ANSWER.repeat(7)}`.slice(0, 1_000),
    ),
  );
  const call = span(
    'chat gpt-5-mini',
    { ...MODEL, 'gen_ai.input.messages': JSON.stringify(messages) },
    undefined,
  );
  return [
    ['start', call],
    ['end', call],
  ];
}
