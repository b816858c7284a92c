/**
 * Measures what one more of something costs when there are many already, and prints the processor time of one in
 * microseconds. Arguments: the subject, the number that there are, and the variant.
 */
import { createRequire } from 'node:module';
import { context, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import {
  ChaukasSpanProcessor,
  OpenAIAgentsInstrumentation,
} from 'opentelemetry-instrumentation-openai-agents';
import { cannedFetch } from './canned-fetch.js';
import type { ScaleSubject, ScaleVariant } from './scale-subjects.js';

type OpenAIModule = typeof import('openai');

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const { OpenAI } = createRequire(import.meta.url)('openai') as OpenAIModule;

interface Recorder {
  readonly tracer: Tracer;
  settle(): Promise<void>;
}

/** Everything on: content on spans, and events into a sink that drops them. */
function record(): Recorder {
  const processor = new ChaukasSpanProcessor({
    sinks: [
      {
        name: 'dropping',
        send: async () => {},
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
    systemEvents: false,
  });
  const provider = new NodeTracerProvider({ spanProcessors: [processor] });
  const instrumentation = new OpenAIAgentsInstrumentation({ captureMessageContent: 'SPAN_ONLY' });
  instrumentation.setTracerProvider(provider);
  instrumentation.manuallyInstrument({ openai: createRequire(import.meta.url)('openai') });
  return { tracer: provider.getTracer('bench'), settle: () => processor.forceFlush() };
}

const bare: Recorder = {
  get tracer(): Tracer {
    throw new Error('the bare client has no tracer');
  },
  settle: async () => {},
};

async function microsOf(action: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const attributes = (session: string) => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5-mini',
  'session.id': session,
});

function newClient(chunks: number) {
  return new OpenAI({ apiKey: 'sk-local', baseURL: 'https://api.openai.com/v1', fetch: cannedFetch(chunks) });
}

const message = (index: number) => ({
  role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
  content: 'The capital of France is "Paris".\n'.repeat(6),
});
const body = (messages: number) => ({
  model: 'gpt-5-mini',
  messages: Array.from({ length: messages }, (_, index) => message(index)),
});

type Measure = (count: number, recorder: Recorder) => Promise<number>;

/** A call while `count` other spans are open. */
const openSpans: Measure = async (count, { tracer, settle }) => {
  const client = newClient(1);
  const calls = async (number: number) => {
    for (let call = 0; call < number; call += 1) await client.chat.completions.create(body(1));
    await settle();
  };
  await calls(1_000);
  const open = [];
  for (let index = 0; index < count; index += 1) {
    open.push(tracer.startSpan('chat gpt-5-mini', { attributes: attributes(`s${index % 100}`) }));
    if (index % 500 === 499) await settle();
  }
  await settle();
  await calls(200);
  return (await microsOf(() => calls(1_000))) / 1_000;
};

/** One more event of a session that has `count`. A span makes two. */
const sessionEvents: Measure = async (count, { tracer, settle }) => {
  let sessions = 0;
  const add = async (session: string, events: number) => {
    for (let done = 0; done < events; done += 2) {
      tracer.startSpan('chat gpt-5-mini', { attributes: attributes(session) }).end();
      if (done % 500 === 0) await settle();
    }
    await settle();
  };
  const more = Math.min(2_000, Math.max(2, count / 5));
  await add('warm-up', 10_000);
  let micros = 0;
  let measured = 0;
  while (measured < 4_000) {
    sessions += 1;
    await add(`s${sessions}`, count);
    micros += await microsOf(() => add(`s${sessions}`, more));
    measured += more;
  }
  return micros / measured;
};

/** One message of a conversation of `count`. */
const messages: Measure = async (count, { settle }) => {
  const client = newClient(1);
  const sent = body(count);
  const calls = Math.ceil(4_000 / count);
  const play = async () => {
    for (let call = 0; call < calls; call += 1) {
      await client.chat.completions.create(sent);
      await settle();
    }
  };
  await play();
  await play();
  return (await microsOf(play)) / calls;
};

const CHUNKS = 200;

/** One chunk of one of `count` streams at once. */
const streams: Measure = async (count, { settle }) => {
  const client = newClient(CHUNKS);
  const read = async () => {
    for await (const _chunk of await client.chat.completions.create({ ...body(1), stream: true })) {
      // Reads the stream to its end.
    }
  };
  const rounds = Math.ceil(128 / count);
  const play = async () => {
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(Array.from({ length: count }, read));
      await settle();
    }
  };
  await play();
  return (await microsOf(play)) / rounds / count / CHUNKS;
};

const MEASURES: Readonly<Record<ScaleSubject, Measure>> = { openSpans, sessionEvents, messages, streams };

const [subject, count, variant] = process.argv.slice(2) as [ScaleSubject, string, ScaleVariant];
const recorder = variant === 'bare' ? bare : record();
console.log(await MEASURES[subject](Number(count), recorder));
process.exit();
