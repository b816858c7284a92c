/** An emitter and a real Kafka broker. */
import {
  CloudEventsEmitter,
  KafkaSink,
  toKafkaMessage,
} from 'opentelemetry-instrumentation-openai-agents/cloudevents';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emitWorkflow } from '../../examples/cloudevents/workflow.js';
import { type KafkaBroker, startKafka } from '../../scripts/kafka/broker.js';
import { installEnvironment } from '../../scripts/python/environment.mjs';
import { expectedInPython, readByPython, shownByPython } from '../python/read-by-python.js';
import { readCloudEvents } from './kafka-topic.js';

let broker: KafkaBroker;
beforeAll(async () => {
  installEnvironment();
  broker = await startKafka({ label: 'emitter-kafka' });
});
afterAll(async () => {
  await broker?.stop();
});

describe('A workflow in a topic', () => {
  test.each(['structured', 'binary'] as const)('in %s mode is what was emitted, in order', async (mode) => {
    const topic = `workflow-${mode}`;
    await broker.createTopic(topic, { partitions: 3 });
    const sink = new KafkaSink({ brokers: [broker.bootstrap], topic, mode, keyField: 'ossaagentid' });
    const emitter = new CloudEventsEmitter({ source: 'ossa/workflow-agent', sink, batchSize: 5 });
    emitWorkflow(emitter);
    await emitter.close();
    expect(emitter.stats()).toMatchObject({ delivered: 6, dropped: 0, waiting: 0 });

    const messages = await readCloudEvents(broker.bootstrap, topic, 6);
    expect(messages.map(({ cloudEvent }) => [cloudEvent.type, cloudEvent.ossaspanid])).toEqual([
      ['dev.ossa.agent.started', undefined],
      ['dev.ossa.turn.started', 'span-001'],
      ['dev.ossa.tool.called', 'span-002'],
      ['dev.ossa.tool.completed', 'span-002'],
      ['dev.ossa.turn.completed', 'span-001'],
      ['dev.ossa.agent.completed', undefined],
    ]);
    expect(new Set(messages.map(({ key, partition }) => `${key} ${partition}`)).size).toBe(1);
    expect(messages[0]?.key).toBe('workflow-agent');
    for (const { cloudEvent, headers, value } of messages) {
      expect(toKafkaMessage(cloudEvent, mode)).toMatchObject({ headers, value: Buffer.from(value) });
    }
    // A consumer in another language.
    const byPython = await readByPython(
      messages.map(({ headers, value }) => ({ protocol: 'kafka', headers, body: Buffer.from(value) })),
    );
    expect(byPython.map(shownByPython)).toEqual(
      messages.map(({ cloudEvent }) => expectedInPython(cloudEvent)),
    );
  });

  test('arrives after the broker was killed and started again', async () => {
    const topic = 'workflow-killed';
    await broker.createTopic(topic);
    const sink = new KafkaSink({
      brokers: [broker.bootstrap],
      topic,
      delivery: { timeoutMillis: 3_000, retry: { initialDelayMillis: 100, maxDelayMillis: 500 } },
    });
    const emitter = new CloudEventsEmitter({ source: 'ossa/workflow-agent', sink, flushIntervalMs: 0 });
    emitWorkflow(emitter);
    await emitter.flush();
    await broker.kill();
    emitWorkflow(emitter);
    await expect.poll(() => emitter.stats().failing, { timeout: 30_000 }).toBe(true);
    await broker.start();
    await expect.poll(() => emitter.stats().delivered, { timeout: 60_000 }).toBe(12);
    await emitter.close();
    const messages = await readCloudEvents(broker.bootstrap, topic, 12);
    expect(new Set(messages.map(({ cloudEvent }) => cloudEvent.id)).size).toBe(12);
  });
});
