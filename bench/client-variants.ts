/** The ways to call the client that the benchmarks compare. Each runs in a process of its own. */
import { createRequire } from 'node:module';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  NodeTracerProvider,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai/resources/chat/completions';
import {
  ChaukasSpanProcessor,
  OpenAIAgentsInstrumentation,
} from 'opentelemetry-instrumentation-openai-agents';
import { DroppingProcessor, droppingSink } from './dropped-telemetry.js';
import { createInSpan, streamInSpan } from './hand-written.js';
import { instrumentWithPeer, isPeer, PEERS, PEERS_WITHOUT_SPANS, type PeerName } from './peers.js';

export type OpenAIModule = typeof import('openai');
export type Client = InstanceType<OpenAIModule['OpenAI']>;
export type Chunk = ChatCompletionChunk;
export type Body = ChatCompletionCreateParamsNonStreaming;

export const BARE = 'bare';
export const HAND_WRITTEN = 'hand-written';

const OURS = {
  'ours: traces': {},
  'ours: metrics': { metrics: true },
  'ours: content': { content: true },
  'ours: events': { events: true },
  'ours: all': { metrics: true, content: true, events: true },
  'ours: unsampled': { unsampled: true },
  'ours: disabled': { disabled: true },
} satisfies Record<string, Signals>;

export type VariantName = typeof BARE | typeof HAND_WRITTEN | keyof typeof OURS | PeerName;

export const OWN_VARIANTS = [BARE, HAND_WRITTEN, ...(Object.keys(OURS) as (keyof typeof OURS)[])] as const;
/** Variants that make no span of OpenTelemetry. */
export const WITHOUT_SPANS: ReadonlySet<VariantName> = new Set([
  BARE,
  'ours: unsampled',
  'ours: disabled',
  ...PEERS_WITHOUT_SPANS,
]);

export const VARIANTS: readonly VariantName[] = [...OWN_VARIANTS, ...PEERS];

interface Signals {
  readonly metrics?: boolean;
  readonly content?: boolean;
  readonly events?: boolean;
  readonly unsampled?: boolean;
  /** Whether the instrumentation is disabled after it was set up. */
  readonly disabled?: boolean;
}

/** A variant that is set up in this process. */
export interface Caller {
  newClient(fetch: typeof globalThis.fetch): Client;
  create(client: Client, body: Body): Promise<unknown>;
  stream(client: Client, body: Body): Promise<AsyncIterable<Chunk>>;
  /** Waits for work that a call leaves behind, such as events on their way to their sink. */
  settle(): Promise<void>;
}

const require = createRequire(import.meta.url);

const plain: Pick<Caller, 'create' | 'stream'> = {
  create: (client, body) => client.chat.completions.create(body),
  stream: (client, body) => client.chat.completions.create({ ...body, stream: true }),
};

/** Returns the number of spans of OpenTelemetry that were started and are recorded. */
export function spansStarted(): number {
  return dropping.started;
}

const dropping = new DroppingProcessor();

/** Sets a variant up. A process can do that once. */
export async function setUp(name: VariantName): Promise<Caller> {
  // Also in the variants that record nothing: a service has it for its other spans.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  if (isPeer(name)) {
    const { openai, wrap } = await instrumentWithPeer(name, () => newProvider([dropping], false));
    return caller(openai, wrap);
  }
  const openai = require('openai') as OpenAIModule;
  if (name === BARE) return caller(openai);
  if (name === HAND_WRITTEN) {
    const tracer = newProvider([dropping], false).getTracer('bench');
    return {
      ...caller(openai),
      create: (client, body) => createInSpan(tracer, client, body),
      stream: (client, body) => streamInSpan(tracer, client, body),
    };
  }
  return instrumented(openai, OURS[name]);
}

function instrumented(openai: OpenAIModule, signals: Signals): Caller {
  const processor = signals.events
    ? new ChaukasSpanProcessor({ sinks: [droppingSink], systemEvents: false })
    : undefined;
  const provider = newProvider(
    processor === undefined ? [dropping] : [dropping, processor],
    signals.unsampled === true,
  );
  const instrumentation = new OpenAIAgentsInstrumentation({
    captureMessageContent: signals.content ? 'SPAN_ONLY' : 'NO_CONTENT',
  });
  instrumentation.setTracerProvider(provider);
  if (signals.metrics) instrumentation.setMeterProvider(new MeterProvider());
  instrumentation.manuallyInstrument({ openai });
  if (signals.disabled) instrumentation.disable();
  return { ...caller(openai), settle: async () => processor?.forceFlush() };
}

function newProvider(spanProcessors: SpanProcessor[], unsampled: boolean): NodeTracerProvider {
  return new NodeTracerProvider({
    spanProcessors,
    sampler: unsampled ? new AlwaysOffSampler() : new AlwaysOnSampler(),
  });
}

function caller({ OpenAI }: OpenAIModule, wrap = (client: Client) => client): Caller {
  return {
    ...plain,
    newClient: (fetch) =>
      wrap(new OpenAI({ apiKey: 'sk-local', baseURL: 'https://api.openai.com/v1', fetch })),
    settle: async () => {},
  };
}
