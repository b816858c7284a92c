/**
 * Measures what the instrumentation adds to a call of the client, in processor time. It is compared with the same
 * call without instrumentation, with a span written by hand that has the same attributes (the least that a span can
 * cost), and with other instrumentations.
 *
 *     npm run bench
 *
 * The client gets its answers from a `fetch` in this process, so that the client and the code around it are measured
 * and not a socket. Each variant has its own copy of `openai`, so that none runs code that was compiled for another.
 * The variants take turns in short rounds: if the machine becomes slower, it does so for all of them. The figures are
 * medians over the rounds.
 */
import { createRequire } from 'node:module';
import { type Attributes, context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import {
  OpenAIAgentsInstrumentation,
  type OpenAIAgentsInstrumentationConfig,
} from 'opentelemetry-instrumentation-openai-agents';
import { CHUNKS_PER_STREAM, cannedFetch } from './canned-fetch.js';
import { loadPeers, type Peer } from './peers.js';

const ROUNDS = Number(process.env.ROUNDS ?? 100);
const CALLS_PER_ROUND = 200;
const STREAMS_PER_ROUND = 10;
const LONG_CALLS_PER_ROUND = 4;
const WARM_UP_ROUNDS = 8;

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
// Spans are created in full, and the exporter drops them.
const provider = new NodeTracerProvider({
  spanProcessors: [{ onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} }],
});
trace.setGlobalTracerProvider(provider);
const tracer = provider.getTracer('bench');

type OpenAIModule = typeof import('openai');
type Client = InstanceType<OpenAIModule['OpenAI']>;

const require = createRequire(import.meta.url);

/** A fresh copy of the package, whose classes no other variant calls. */
function loadOpenAI(): OpenAIModule {
  for (const path of Object.keys(require.cache))
    if (/[\\/]openai[\\/]/.test(path)) delete require.cache[path];
  return require('openai') as OpenAIModule;
}

const newClient = ({ OpenAI }: OpenAIModule) =>
  new OpenAI({ apiKey: 'sk-local', baseURL: 'https://api.openai.com/v1', fetch: cannedFetch });

function newInstrumentedClient(
  config: OpenAIAgentsInstrumentationConfig,
  meterProvider?: MeterProvider,
): Client {
  const openai = loadOpenAI();
  const instrumentation = new OpenAIAgentsInstrumentation(config);
  instrumentation.setTracerProvider(provider);
  if (meterProvider !== undefined) instrumentation.setMeterProvider(meterProvider);
  instrumentation.manuallyInstrument({ openai });
  return newClient(openai);
}

function newPeerClient(peer: Peer): Client {
  const openai = loadOpenAI();
  peer.instrument(openai, provider);
  return newClient(openai);
}

const body = {
  model: 'gpt-5-mini',
  temperature: 0.2,
  max_completion_tokens: 100,
  messages: [{ role: 'user' as const, content: 'What is the capital of France?' }],
};

const create = (client: Client) => client.chat.completions.create(body);
const stream = async (client: Client) => {
  for await (const _chunk of await client.chat.completions.create({ ...body, stream: true })) {
    // Reads a stream to its end.
  }
};

/** A conversation of messages with 1,000 characters each. */
const conversation = (characters: number) => ({
  ...body,
  messages: Array.from({ length: characters / 1_000 }, (_, index) => ({
    role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content: 'The capital of France is "Paris".\n'.repeat(30).slice(0, 1_000),
  })),
});
const CONVERSATIONS = { '100 kB': conversation(100_000), '1 MB': conversation(1_000_000) };

const START: Attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'server.address': 'api.openai.com',
  'openai.api.type': 'chat_completions',
  'gen_ai.request.model': body.model,
  'gen_ai.request.temperature': body.temperature,
  'gen_ai.request.max_tokens': body.max_completion_tokens,
};

/** The floor: the span that an engineer would write around the call, with the attributes of ours. */
async function createInSpan(client: Client): Promise<void> {
  await tracer.startActiveSpan(
    `chat ${body.model}`,
    { kind: SpanKind.CLIENT, attributes: START },
    async (span) => {
      try {
        const completion = await create(client);
        const { usage } = completion;
        span.setAttributes({
          'gen_ai.response.id': completion.id,
          'gen_ai.response.model': completion.model,
          'gen_ai.response.finish_reasons': completion.choices.map((choice) => choice.finish_reason),
          'gen_ai.usage.input_tokens': usage?.prompt_tokens ?? 0,
          'gen_ai.usage.output_tokens': usage?.completion_tokens ?? 0,
          'gen_ai.usage.cache_read.input_tokens': usage?.prompt_tokens_details?.cached_tokens ?? 0,
          'gen_ai.usage.reasoning.output_tokens': usage?.completion_tokens_details?.reasoning_tokens ?? 0,
          'openai.response.service_tier': completion.service_tier ?? 'default',
          'openai.response.system_fingerprint': completion.system_fingerprint ?? '',
          'openai_agents.request_id': completion._request_id ?? '',
        });
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
        throw error;
      } finally {
        span.end();
      }
    },
  );
}

async function streamInSpan(client: Client): Promise<void> {
  await tracer.startActiveSpan(
    `chat ${body.model}`,
    { kind: SpanKind.CLIENT, attributes: START },
    async (span) => {
      let chunks = 0;
      let first = 0;
      let finishReason = 'error';
      const startedAt = performance.now();
      for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
        if (chunks === 0) first = performance.now();
        chunks += 1;
        finishReason = chunk.choices[0]?.finish_reason ?? finishReason;
      }
      span.setAttributes({
        'gen_ai.response.time_to_first_chunk': (first - startedAt) / 1000,
        'gen_ai.response.finish_reasons': [finishReason],
        'openai_agents.response.chunk_count': chunks,
      });
      span.end();
    },
  );
}

interface Variant {
  readonly name: string;
  readonly client: Client;
  run(client: Client): Promise<unknown>;
}

interface Figures {
  readonly name: string;
  /** Processor time of one run, in microseconds. */
  readonly time: number;
  /** How much longer the run took than the baseline in the same round. */
  readonly added: number;
}

/** @returns medians over the rounds; the first variant is the baseline. */
async function measure(variants: readonly Variant[], runs: number): Promise<Figures[]> {
  const times: number[][] = variants.map(() => []);
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    // The order differs each time, because a variant pays for some of the garbage of the one before it.
    for (const index of shuffled(variants.length)) {
      const { client, run } = variants[index] as Variant;
      const before = process.cpuUsage();
      for (let done = 0; done < runs; done += 1) await run(client);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[index]?.push((user + system) / runs);
    }
  }
  const baseline = times[0] ?? [];
  return variants.map(({ name }, index) => {
    const samples = times[index] ?? [];
    const added = samples.map((time, round) => time - (baseline[round] ?? Number.NaN));
    return { name, time: median(samples), added: median(added) };
  });
}

function shuffled(length: number): number[] {
  return Array.from({ length }, (_, index) => ({ index, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ index }) => index);
}

function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const BASELINE = 'uninstrumented';
const FLOOR = 'span by hand';

const meterProvider = new MeterProvider();
const clients = {
  [BASELINE]: newClient(loadOpenAI()),
  [FLOOR]: newClient(loadOpenAI()),
  instrumented: newInstrumentedClient({}),
  'with content': newInstrumentedClient({ captureMessageContent: 'SPAN_ONLY' }),
  'with metrics': newInstrumentedClient({}, meterProvider),
  ...Object.fromEntries(loadPeers().map((peer) => [peer.name, newPeerClient(peer)])),
};

const variants = (run: Variant['run'], runInSpan: Variant['run']): Variant[] =>
  Object.entries(clients).map(([name, client]) => ({ name, client, run: name === FLOOR ? runInSpan : run }));

/** @param perRun - how many units (calls or chunks) one run has. */
function print(title: string, unit: string, figures: readonly Figures[], perRun: number): void {
  const floor = figures.find(({ name }) => name === FLOOR)?.added ?? Number.NaN;
  console.log(`\n${title.padEnd(18)} ${unit.padStart(9)} ${'added'.padStart(9)} ${'to floor'.padStart(9)}`);
  for (const { name, time, added } of figures) {
    const cells = [time / perRun, added / perRun].map((figure) => figure.toFixed(2).padStart(9));
    // The span written by hand does hardly anything for a chunk, so a ratio would mean nothing.
    const ratio =
      name === BASELINE || perRun > 1 || Number.isNaN(floor) ? '' : `${(added / floor).toFixed(2)} x`;
    console.log(`${name.padEnd(18)} ${cells.join(' ')} ${ratio.padStart(9)}`.trimEnd());
  }
}

const { VERSION } = require('openai/version') as { VERSION?: string };
console.log(`openai ${VERSION ?? ''} on Node ${process.versions.node}; processor time in microseconds`);
print('a plain call', 'a call', await measure(variants(create, createInSpan), CALLS_PER_ROUND), 1);
print(
  `a stream of ${CHUNKS_PER_STREAM}`,
  'a chunk',
  await measure(variants(stream, streamInSpan), STREAMS_PER_ROUND),
  CHUNKS_PER_STREAM,
);
const longCallers = [BASELINE, 'instrumented', 'with content'] as const;
for (const [size, long] of Object.entries(CONVERSATIONS)) {
  const run = (client: Client) => client.chat.completions.create(long);
  const callers = longCallers.map((name) => ({ name, client: clients[name], run }));
  print(`${size} of messages`, 'a call', await measure(callers, LONG_CALLS_PER_ROUND), 1);
}
await meterProvider.shutdown();
