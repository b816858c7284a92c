/**
 * Runs one variant in this process and prints figures as JSON. The benchmarks start it; its arguments are the variant,
 * what to measure, and the numbers that this takes. Where the bytes of a call come from, by file and function:
 *
 *     node --single-threaded .cache/bench/client-worker.js "ours: traces" functions
 *     node --single-threaded .cache/bench/client-worker.js "ours: traces" survivors
 */
import { context, createContextKey } from '@opentelemetry/api';
import { type Allocations, allocated, promisesOf } from './allocated.js';
import { cannedFetch, LONG_STREAM, SHORT_STREAM } from './canned-fetch.js';
import {
  type Body,
  type Caller,
  setUp,
  spansStarted,
  type VariantName,
  WITHOUT_SPANS,
} from './client-variants.js';
import { type AllocatedBytes, allocatedBytes } from './heap-functions.js';
import { repeatOnDemand } from './on-demand.js';

const body: Body = {
  model: 'gpt-5-mini',
  temperature: 0.2,
  max_completion_tokens: 100,
  messages: [{ role: 'user', content: 'What is the capital of France?' }],
};

/** A conversation of messages with 1,000 characters each. */
const conversation = (characters: number): Body => ({
  ...body,
  messages: Array.from({ length: characters / 1_000 }, (_, index) => ({
    role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content: 'The capital of France is "Paris".\n'.repeat(30).slice(0, 1_000),
  })),
});

type Run = () => Promise<unknown>;

/** Repeats one of these runs. */
function runsOf(caller: Caller) {
  const plain = caller.newClient(cannedFetch(1));
  const create = (sent: Body) => () => caller.create(plain, sent);
  const stream = (chunks: number) => {
    const client = caller.newClient(cannedFetch(chunks));
    return async () => {
      for await (const _chunk of await caller.stream(client, body)) {
        // Reads the stream to its end.
      }
    };
  };
  return {
    call: create(body),
    '100 kB': create(conversation(100_000)),
    '1 MB': create(conversation(1_000_000)),
    short: stream(SHORT_STREAM),
    long: stream(LONG_STREAM),
  } satisfies Record<string, Run>;
}

export type RunName = keyof ReturnType<typeof runsOf>;

/** Calls and chunks until V8 has compiled what it will compile. */
const WARM_UP_CALLS = 3_000;
const WARM_UP_STREAMS = 60;

const CALLS = 300;
const STREAMS = 5;

async function repeat(run: Run, count: number, caller: Caller): Promise<void> {
  for (let done = 0; done < count; done += 1) await run();
  await caller.settle();
}

async function allocations(caller: Caller): Promise<{ call: Allocations; chunk: Allocations }> {
  const runs = runsOf(caller);
  const times = (name: RunName) => (count: number) => repeat(runs[name], count, caller);
  await times('call')(WARM_UP_CALLS);
  await times('long')(WARM_UP_STREAMS);
  await times('short')(WARM_UP_STREAMS);
  const perChunk = async (measure: typeof allocated, count: number) =>
    ((await measure(times('long'), count)) - (await measure(times('short'), count))) /
    (LONG_STREAM - SHORT_STREAM);
  const bytes = {
    call: await allocated(times('call'), CALLS),
    chunk: await perChunk(allocated, STREAMS),
  };
  return {
    call: { bytes: bytes.call, promises: await promisesOf(times('call'), CALLS) },
    chunk: { bytes: bytes.chunk, promises: await perChunk(promisesOf, STREAMS) },
  };
}

/** Bytes a call by file and by function. */
async function functions(caller: Caller, survivors: boolean): Promise<AllocatedBytes> {
  const { call } = runsOf(caller);
  await repeat(call, WARM_UP_CALLS, caller);
  return allocatedBytes(() => repeat(call, WARM_UP_CALLS, caller), WARM_UP_CALLS, survivors);
}

/** Processor time of a run in microseconds. */
async function times(caller: Caller, name: RunName, count: number): Promise<number> {
  const run = runsOf(caller)[name];
  await repeat(run, count, caller);
  const before = process.cpuUsage();
  await repeat(run, count, caller);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

async function main([variant, what, ...rest]: readonly string[]): Promise<unknown> {
  const caller = await setUp(variant as VariantName);
  // OpenTelemetry's context is active in every variant, as in an application that has a trace: from then on Node carries
  // it along with each promise, which is no cost of the variant.
  const active = context.active().setValue(createContextKey('bench'), true);
  return context.with(active, async () => {
    if (what === 'allocations') return allocations(caller);
    if (what === 'functions' || what === 'survivors') return functions(caller, what === 'survivors');
    if (what === 'time') return times(caller, rest[0] as RunName, Number(rest[1]));
    const runs = runsOf(caller);
    return repeatOnDemand((name, count) => repeat(runs[name as RunName], count, caller));
  });
}

const [variant] = process.argv.slice(2);
const result = await main(process.argv.slice(2));
// A variant that is not set up rightly would be the cheapest.
if (spansStarted() === 0 && !WITHOUT_SPANS.has(variant as VariantName))
  throw new Error(`${variant} has made no span`);
// Timers of some peers would keep the process alive.
process.stdout.write(`\n${JSON.stringify(result ?? null)}\n`, () => process.exit(0));
