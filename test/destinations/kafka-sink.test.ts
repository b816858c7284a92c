/** KafkaSink against a real broker, which is killed, and read back from the beginning of each topic. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { Producer } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type KafkaBroker, startKafka } from '../../scripts/kafka/broker.js';
import { canonicalJson } from '../../src/chaukas/canonical-json.js';
import { verifyEvents } from '../../src/chaukas/verify/event-verifier.js';
import { DeliveryQueue } from '../../src/delivery/delivery-queue.js';
import { type ChaukasEvent, ChaukasSpanProcessor } from '../../src/index.js';
import type { JsonObject } from '../../src/json/json.js';
import type { DeliveryError } from '../../src/sinks/delivery-error.js';
import { KafkaSink, type KafkaSinkOptions } from '../../src/sinks/kafka-sink.js';
import { type SinkUnderTest, sinkConformance } from '../../src/testing/index.js';
import { makeEvent, makeEvents } from '../delivery/make-event.js';
import { runFixture } from '../run-fixture.js';
import { readTopic } from './kafka-topic.js';

let broker: KafkaBroker;
beforeAll(async () => {
  broker = await startKafka({ label: 'kafka-sink' });
});
afterAll(async () => {
  await broker?.stop();
});

let topics = 0;
async function makeTopic(partitions = 1, configs: Record<string, string> = {}): Promise<string> {
  topics += 1;
  const topic = `events-${topics}`;
  await broker.createTopic(topic, { partitions, configs });
  return topic;
}

function open(options: Omit<KafkaSinkOptions, 'brokers'>): KafkaSink {
  const sink = new KafkaSink({ brokers: [broker.bootstrap], ...options });
  onTestFinished(() => sink.shutdown());
  return sink;
}

const lineOf = (event: ChaukasEvent) => canonicalJson(event as unknown as JsonObject);

async function failure(sending: Promise<void>): Promise<Partial<DeliveryError>> {
  return sending.then(
    () => Promise.reject(new Error('it was delivered')),
    ({ message, outcome }: DeliveryError) => ({ message, outcome }),
  );
}

/** A queue as in front of the sink in a processor. */
function queueOf(sink: KafkaSink, delivery: object = {}) {
  const errors: string[] = [];
  interface Waiting {
    readonly line: string;
    readonly event: ChaukasEvent;
  }
  const queue = new DeliveryQueue<Waiting>(
    {
      name: sink.name,
      delivery: { ...sink.delivery, flushIntervalMillis: 5, ...delivery },
      send: (items, options) =>
        sink.send(
          items.map(({ event }) => event),
          items.map(({ line }) => line),
          options,
        ),
      forceFlush: () => sink.forceFlush(),
      shutdown: () => sink.shutdown(),
    },
    {
      maxSize: 100_000,
      maxBytes: 100_000_000,
      restore: (line) => ({ line, event: JSON.parse(line) as ChaukasEvent }),
      onError: (message) => void errors.push(message),
    },
  );
  return { queue, errors, push: (event: ChaukasEvent) => queue.push({ event, line: lineOf(event) }) };
}

/** A sink on a new topic. The topic is read until it has what was sent. */
async function openTested(mode: 'structured' | 'binary'): Promise<SinkUnderTest> {
  const topic = await makeTopic();
  const sink = open({ topic, mode });
  const sent = new Set<string>();
  return {
    sink: {
      name: sink.name,
      send(events, lines, options) {
        for (const { event_id } of events) sent.add(event_id);
        return sink.send(events, lines, options);
      },
      forceFlush: () => sink.forceFlush(),
      shutdown: () => sink.shutdown(),
    },
    received: async () => (await readTopic(broker.bootstrap, topic, sent.size)).map(({ event }) => event),
    // A restart takes seconds, and a failure does not depend on the mode.
    ...(mode === 'structured' && {
      async fail() {
        await broker.kill();
        return () => broker.start();
      },
    }),
  };
}

describe.each(['structured', 'binary'] as const)('A sink in mode %s', (mode) => {
  for (const { name, run } of sinkConformance(() => openTested(mode))) it(name, run);
});

describe.each(['structured', 'binary'] as const)('A batch in mode %s', (mode) => {
  it.each(['none', 'gzip'] as const)(
    'arrives as it was, by session, compressed by %s',
    async (compression) => {
      const topic = await makeTopic(4);
      const sink = open({ topic, mode, compression, source: '/desk' });
      const events = makeEvents(200).map((event, index) => ({
        ...event,
        session_id: `session-${index % 7}`,
        metadata: { n: index, text: 'é " % 😀' },
      }));
      await sink.send(events.slice(0, 120), events.slice(0, 120).map(lineOf));
      await sink.send(events.slice(120));
      const messages = await readTopic(broker.bootstrap, topic, 200);
      const byId = new Map(messages.map(({ event }) => [event.event_id, event]));
      expect(messages).toHaveLength(200);
      expect(events.map(({ event_id }) => byId.get(event_id))).toEqual(events);
      expect(messages.filter(({ key, event }) => key !== event.session_id)).toEqual([]);
      expect(new Set(messages.map(({ cloudEvent }) => cloudEvent.source))).toEqual(new Set(['/desk']));
      for (const session of new Set(events.map(({ session_id }) => session_id))) {
        const own = messages.filter(({ event }) => event.session_id === session);
        expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
        const numbers = own.map(({ event }) => Number(event.metadata?.n));
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }
    },
  );
});

it('Another attribute is the key by option', async () => {
  const topic = await makeTopic();
  await open({ topic, keyField: 'type' }).send([makeEvent(1)]);
  expect((await readTopic(broker.bootstrap, topic, 1)).map(({ key }) => key)).toEqual(['ai.chaukas.system']);
});

it('A producer of the application is used and stays open', async () => {
  const topic = await makeTopic();
  const producer = new Producer({ clientId: 'app', bootstrapBrokers: [broker.bootstrap] });
  onTestFinished(() => producer.close());
  const sink = new KafkaSink({ producer, topic });
  await sink.send([makeEvent(1)]);
  await sink.shutdown();
  expect(producer.closed).toBe(false);
  expect(await readTopic(broker.bootstrap, topic, 1)).toHaveLength(1);
});

it('A connection does not keep the process alive, and a batch under way does', async () => {
  const topic = await makeTopic();
  const { stdout, stderr, status } = runFixture(
    path.join(import.meta.dirname, 'fixtures/one-message.ts'),
    broker.bootstrap,
    topic,
  );
  expect({ stdout, stderr, status }).toEqual({ stdout: 'delivered\n', stderr: '', status: 0 });
  expect(await readTopic(broker.bootstrap, topic, 1)).toHaveLength(1);
});

describe('A failure', () => {
  it('of a topic that is missing ends when it is created', async () => {
    const topic = 'made-later';
    const sink = open({ topic });
    expect(await failure(sink.send([makeEvent(1)]))).toEqual({
      message: 'the broker answered UNKNOWN_TOPIC_OR_PARTITION',
      outcome: 'retry',
    });
    await broker.createTopic(topic);
    await sink.send([makeEvent(1)]);
    expect(await readTopic(broker.bootstrap, topic, 1)).toHaveLength(1);
  });

  it('of a batch that is too large is split, down to the event that is refused', async () => {
    const topic = await makeTopic(1, { 'max.message.bytes': '20000' });
    const { queue, push } = queueOf(open({ topic }));
    for (let n = 1; n <= 64; n += 1) push(makeEvent(n, 'x'.repeat(n === 40 ? 30_000 : 2_000)));
    await queue.forceFlush();
    expect(queue.stats).toMatchObject({ delivered: 63, dropped: 1, waiting: 0 });
    const messages = await readTopic(broker.bootstrap, topic, 63);
    const numbers = messages.map(({ event }) => Number(event.metadata?.n));
    expect(numbers).toEqual(Array.from({ length: 64 }, (_, index) => index + 1).filter((n) => n !== 40));
    await queue.shutdown();
  });

  it('of a broker that is killed and restarted under load loses nothing', async () => {
    const topic = await makeTopic(2);
    const { queue, push } = queueOf(open({ topic }), {
      maxBatchSize: 50,
      timeoutMillis: 5_000,
      retry: { initialDelayMillis: 50, maxDelayMillis: 200 },
    });
    let n = 0;
    const load = setInterval(() => {
      for (let each = 0; each < 20; each += 1) push({ ...makeEvent(++n), session_id: `session-${n % 5}` });
    }, 10);
    await expect.poll(() => queue.stats.delivered).toBeGreaterThan(0);
    await broker.kill();
    await expect.poll(() => queue.stats.failing).toBe(true);
    await broker.start();
    await sleep(1_500);
    clearInterval(load);
    await queue.forceFlush();
    expect(queue.stats).toMatchObject({ delivered: n, dropped: 0, waiting: 0 });
    const messages = await readTopic(broker.bootstrap, topic, n);
    expect(new Set(messages.map(({ event }) => event.event_id)).size).toBe(n);
    for (let session = 0; session < 5; session += 1) {
      const own = messages.filter(({ event }) => event.session_id === `session-${session}`);
      const first = [...new Set(own.map(({ event }) => Number(event.metadata?.n)))];
      expect(first).toEqual([...first].sort((a, b) => a - b));
    }
    await queue.shutdown();
  });

  it('is the same from a thread: a broker that is killed and restarted loses nothing', async () => {
    const topic = await makeTopic();
    const retry = { initialDelayMillis: 50, maxDelayMillis: 200 };
    const sink = new KafkaSink({
      brokers: [broker.bootstrap],
      topic,
      delivery: { flushIntervalMillis: 5, timeoutMillis: 5_000, retry },
    });
    const processor = new ChaukasSpanProcessor({ sinks: [sink], thread: true });
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    const tracer = provider.getTracer('application');
    const call = () => {
      const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' };
      tracer.startSpan('chat m', { attributes }).end();
    };
    const ofSink = () => processor.stats().sinks[0];
    call();
    await expect.poll(() => ofSink()?.delivered).toBeGreaterThan(0);
    await broker.kill();
    for (let n = 0; n < 50; n += 1) call();
    await expect.poll(() => ofSink()?.failing).toBe(true);
    await broker.start();
    await provider.shutdown();
    const { eventsMade } = processor.stats();
    expect(ofSink()).toMatchObject({ delivered: eventsMade, dropped: 0, waiting: 0 });
    const events = (await readTopic(broker.bootstrap, topic, eventsMade)).map(({ event }) => event);
    const distinct = new Map(events.map((event) => [event.event_id, event]));
    expect(distinct.size).toBe(eventsMade);
    expect(await verifyEvents([...distinct.values()])).toMatchObject({ findings: [] });
  });

  it('of all brokers means a retry, and shows no password', async () => {
    const sink = new KafkaSink({
      brokers: ['127.0.0.1:1'],
      topic: 'events',
      sasl: { mechanism: 'PLAIN', username: 'joe', password: 'pass-7f3a' },
    });
    onTestFinished(() => sink.shutdown());
    expect(await failure(sink.send([makeEvent(1)]))).toEqual({
      message: 'the brokers cannot be reached (ECONNREFUSED)',
      outcome: 'retry',
    });
  });

  it('of time ends the attempt, and the next one works', async () => {
    const topic = await makeTopic();
    const sink = open({ topic });
    const signal = AbortSignal.abort();
    expect(await failure(sink.send([makeEvent(1)], [], { signal }))).toEqual({
      message: 'there was no answer in time',
      outcome: 'retry',
    });
    await sink.send([makeEvent(1)]);
    expect((await readTopic(broker.bootstrap, topic, 1)).length).toBeGreaterThan(0);
  });
});
