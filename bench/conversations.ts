/**
 * Measures what long conversations cost: a call with 1 kB to 10 MB of messages of 1,000 characters, without
 * instrumentation, with content on spans, and with events. Each call has new messages, except in the variants that grow:
 * there each call has the messages of the one before it and two more, as the calls of an agent have.
 *
 *     npm run bench:conversations
 *
 * Other programs on the machine change wall time, so blocks of the event loop are measured in processor time as well: the
 * most that passed from one turn to the next. Each row has a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { OpenAI } from 'openai';
import {
  ChaukasSpanProcessor,
  type EventSink,
  OpenAIAgentsInstrumentation,
  withSession,
} from 'opentelemetry-instrumentation-openai-agents';
import { cannedFetch } from './canned-fetch.js';

const VARIANTS = ['bare', 'content on spans', 'events', 'events, growing'] as const;
type Variant = (typeof VARIANTS)[number];

const SIZES = [1_000, 100_000, 1_000_000, 10_000_000] as const;

/** Characters that are sent in all calls of a row together. */
const CHARACTERS_PER_ROW = 60_000_000;
const MOST_CALLS = 400;
const LEAST_CALLS = 6;

interface Row {
  /** Milliseconds of processor time a call, of all threads: the lower quartile. */
  readonly cpu: number;
  /** Milliseconds of processor time of the longest turn, during the call and after it: medians of all calls. */
  readonly blockInCall: number;
  readonly blockAfter: number;
  /** Bytes on the heap that the events of one call take while they wait for their sink. */
  readonly waiting: number;
  /** Milliseconds of one `JSON.stringify` of the messages. */
  readonly stringify: number;
}

/** A sink that takes lines and keeps nothing, or hangs. */
class LineSink implements EventSink {
  readonly name = 'lines';
  readonly linesOnly = true;
  hangs = false;
  async send(): Promise<void> {
    if (this.hangs) await new Promise(() => {});
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

function cpuMillis(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function quantile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? 0;
}

const dropping: SpanProcessor = {
  onStart() {},
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

function setUp(variant: Variant, sink: EventSink) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const openai = createRequire(import.meta.url)('openai') as typeof import('openai');
  const client = new openai.OpenAI({ apiKey: 'sk-local', fetch: cannedFetch(1) });
  if (variant === 'bare') return { client, waiting: () => 0 };
  const hasEvents = variant !== 'content on spans';
  const processor = hasEvents ? new ChaukasSpanProcessor({ sinks: [sink], systemEvents: false }) : undefined;
  const instrumentation = new OpenAIAgentsInstrumentation({
    captureMessageContent: hasEvents ? 'NO_CONTENT' : 'SPAN_ONLY',
  });
  instrumentation.setTracerProvider(
    new NodeTracerProvider({ spanProcessors: processor === undefined ? [dropping] : [dropping, processor] }),
  );
  instrumentation.manuallyInstrument({ openai });
  return { client, waiting: () => processor?.stats().eventsWaiting ?? 0 };
}

function measure(variant: Variant, size: number): Promise<Row> {
  const sink = new LineSink();
  const { client, waiting } = setUp(variant, sink);
  const calls = () => measureCalls(variant, size, sink, client, waiting);
  // The calls of a session are one conversation.
  return variant === 'events, growing' ? withSession({}, calls) : calls();
}

async function measureCalls(
  variant: Variant,
  size: number,
  sink: LineSink,
  client: OpenAI,
  waiting: () => number,
): Promise<Row> {
  const message = (call: number, index: number) => ({
    role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content: `Call ${call}. ${'The capital of France is "Paris".\n'.repeat(30)}`.slice(0, 1_000),
  });
  const messages = (characters: number, call: number) =>
    Array.from({ length: Math.max(1, characters / 1_000) }, (_, index) => message(call, index));
  const create = (sent: ReturnType<typeof messages>) =>
    client.chat.completions.create({ model: 'gpt-5-mini', messages: sent });
  const drained = async () => {
    do await nextTurn();
    while (waiting() > 0);
  };
  for (let call = 0; call < 300; call += 1) {
    await create(messages(2_000, call));
    await drained();
  }
  const calls = Math.max(LEAST_CALLS, Math.min(MOST_CALLS, CHARACTERS_PER_ROW / size));
  const cpu: number[] = [];
  const stringify: number[] = [];
  const inCall: number[] = [];
  const after: number[] = [];
  let conversation = messages(size, -2);
  const next = (call: number) => {
    if (variant !== 'events, growing') return messages(size, call);
    conversation = [...conversation, message(call, 0), message(call, 1)];
    return conversation;
  };
  for (let call = 0; call < calls; call += 1) {
    let sent = next(call);
    let before = cpuMillis();
    JSON.stringify(sent);
    stringify.push(cpuMillis() - before);
    before = cpuMillis();
    await create(sent);
    await drained();
    cpu.push(cpuMillis() - before);
    if (variant === 'events, growing') sent = next(call);
    const probe = longestTurn();
    await create(sent);
    inCall.push(probe.restart());
    await drained();
    after.push(probe.end());
  }
  // Now the sink takes nothing any more.
  sink.hangs = true;
  const collect = globalThis.gc as () => void;
  if (variant === 'events' || variant === 'events, growing') {
    await create(messages(1_000, 0));
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
  }
  collect();
  const heap = process.memoryUsage().heapUsed;
  await create(messages(size, -1));
  for (let turn = 0; turn < 2_000; turn += 1) await nextTurn();
  collect();
  return {
    cpu: quantile(cpu, 0.25),
    stringify: quantile(stringify, 0.25),
    blockInCall: quantile(inCall, 0.5),
    blockAfter: quantile(after, 0.5),
    waiting: process.memoryUsage().heapUsed - heap,
  };
}

/** Watches the turns of the event loop. */
function longestTurn(): { restart(): number; end(): number } {
  let longest = 0;
  let last = cpuMillis();
  let next: NodeJS.Immediate;
  const look = () => {
    const now = cpuMillis();
    longest = Math.max(longest, now - last);
    last = now;
    next = setImmediate(look);
  };
  next = setImmediate(look);
  return {
    restart() {
      const result = Math.max(longest, cpuMillis() - last);
      longest = 0;
      last = cpuMillis();
      return result;
    },
    end() {
      clearImmediate(next);
      return Math.max(longest, cpuMillis() - last);
    },
  };
}

function print(size: number, variant: string, row: Row): void {
  const cells = [
    size.toLocaleString('en').padStart(11),
    variant.padEnd(18),
    row.cpu.toFixed(2).padStart(9),
    row.stringify.toFixed(2).padStart(10),
    row.blockInCall.toFixed(1).padStart(9),
    row.blockAfter.toFixed(1).padStart(9),
    (row.waiting / 1024).toFixed(0).padStart(10),
  ];
  console.log(cells.join(' '));
}

const [only, characters] = process.argv.slice(2);
if (only !== undefined) {
  process.stdout.write(JSON.stringify(await measure(only as Variant, Number(characters))));
  process.exit();
}
console.log(`Node ${process.versions.node}, milliseconds of processor time a call\n`);
console.log(
  ` characters ${'variant'.padEnd(18)} ${'CPU'.padStart(9)} ${'stringify'.padStart(10)} ${'in call'.padStart(9)} ${'after it'.padStart(9)} ${'waits, kB'.padStart(10)}`,
);
for (const size of SIZES) {
  for (const variant of VARIANTS) {
    const script = fileURLToPath(import.meta.url);
    const output = execFileSync(process.execPath, ['--expose-gc', script, variant, String(size)], {
      encoding: 'utf8',
    });
    print(size, variant, JSON.parse(output) as Row);
  }
}
