/**
 * What the instrumentation adds to a call of the client, in processor time, against the same call without it and
 * against a span written by hand with the same attributes: the least that a span can cost.
 *
 *     npm run bench
 *
 * The client gets its answers from a `fetch` in this process, so that what is measured is the client and what is
 * around it, not a socket. The variants take turns in short rounds, so that a machine that grows slower does so for
 * all of them; the figures are medians over the rounds.
 */
import { type Attributes, context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import * as openai from 'openai';
import { OpenAIAgentsInstrumentation } from '../src/index.js';
import { CHUNKS_PER_STREAM, cannedFetch } from './canned-fetch.js';

const ROUNDS = Number(process.env.ROUNDS ?? 40);
const CALLS_PER_ROUND = 400;
const STREAMS_PER_ROUND = 12;

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
// Spans are made in full and exported to nobody.
const provider = new NodeTracerProvider({
  spanProcessors: [{ onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} }],
});
trace.setGlobalTracerProvider(provider);
const tracer = provider.getTracer('bench');

const instrumentation = new OpenAIAgentsInstrumentation({ enabled: false });
instrumentation.setTracerProvider(provider);
instrumentation.manuallyInstrument({ openai });

const client = new openai.OpenAI({
  apiKey: 'sk-local',
  baseURL: 'https://api.openai.com/v1',
  fetch: cannedFetch,
});
const body = {
  model: 'gpt-5-mini',
  temperature: 0.2,
  max_completion_tokens: 100,
  messages: [{ role: 'user' as const, content: 'What is the capital of France?' }],
};

const create = () => client.chat.completions.create(body);
const stream = async () => {
  for await (const _chunk of await client.chat.completions.create({ ...body, stream: true })) {
    // Reads to the end.
  }
};

const START: Attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'server.address': 'api.openai.com',
  'openai.api.type': 'chat_completions',
  'gen_ai.request.model': body.model,
  'gen_ai.request.temperature': body.temperature,
  'gen_ai.request.max_tokens': body.max_completion_tokens,
};

/** The floor: what an engineer would write around the call, with what our span says. */
async function createInSpan(): Promise<void> {
  await tracer.startActiveSpan(
    `chat ${body.model}`,
    { kind: SpanKind.CLIENT, attributes: START },
    async (span) => {
      try {
        const completion = await create();
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
          'openai.request_id': completion._request_id ?? '',
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

async function streamInSpan(): Promise<void> {
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
  readonly instrumented: boolean;
  run(): Promise<unknown>;
}

/** Processor time of one run of each variant, in microseconds: the medians. */
async function measure(variants: readonly Variant[], runs: number): Promise<Map<string, number>> {
  const times = new Map(variants.map(({ name }) => [name, [] as number[]]));
  for (let round = -5; round < ROUNDS; round += 1) {
    // Each variant is first, second and third in turn.
    const shift = Math.abs(round) % variants.length;
    for (const variant of [...variants.slice(shift), ...variants.slice(0, shift)]) {
      if (variant.instrumented) instrumentation.enable();
      global.gc?.();
      const before = process.cpuUsage();
      for (let index = 0; index < runs; index += 1) await variant.run();
      const { user, system } = process.cpuUsage(before);
      if (variant.instrumented) instrumentation.disable();
      // The first rounds are for the compiler.
      if (round >= 0) times.get(variant.name)?.push((user + system) / runs);
    }
  }
  return new Map([...times].map(([name, samples]) => [name, median(samples)]));
}

function median(samples: number[]): number {
  samples.sort((a, b) => a - b);
  return samples[Math.floor(samples.length / 2)] ?? Number.NaN;
}

const calls = await measure(
  [
    { name: 'uninstrumented', instrumented: false, run: create },
    { name: 'span by hand', instrumented: false, run: createInSpan },
    { name: 'instrumented', instrumented: true, run: create },
  ],
  CALLS_PER_ROUND,
);
const streams = await measure(
  [
    { name: 'uninstrumented', instrumented: false, run: stream },
    { name: 'span by hand', instrumented: false, run: streamInSpan },
    { name: 'instrumented', instrumented: true, run: stream },
  ],
  STREAMS_PER_ROUND,
);

const added = (times: Map<string, number>, name: string) =>
  (times.get(name) ?? Number.NaN) - (times.get('uninstrumented') ?? Number.NaN);
const figure = (value: number, digits = 1) => value.toFixed(digits).padStart(9);

console.log(`openai ${openai.OpenAI.name} on Node ${process.versions.node}; processor time in microseconds`);
console.log(`\n${'a plain call'.padEnd(18)}    a call     added`);
for (const [name, time] of calls)
  console.log(`${name.padEnd(18)} ${figure(time)} ${figure(added(calls, name))}`);
console.log(
  `added, against the span by hand: ${(added(calls, 'instrumented') / added(calls, 'span by hand')).toFixed(2)} x`,
);
console.log(`\n${`a stream of ${CHUNKS_PER_STREAM}`.padEnd(18)}   a chunk     added`);
for (const [name, time] of streams) {
  const perChunk = added(streams, name) / CHUNKS_PER_STREAM;
  console.log(`${name.padEnd(18)} ${figure(time / CHUNKS_PER_STREAM, 2)} ${figure(perChunk, 2)}`);
}
