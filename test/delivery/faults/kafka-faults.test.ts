/** Faults of a Kafka broker: what arrives in the topic, and what is lost. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, it } from 'vitest';
import { type KafkaBroker, startKafka } from '../../../scripts/kafka/broker.js';
import { KafkaSink } from '../../../src/index.js';
import { readTopic } from '../../destinations/kafka-topic.js';
import { makeFolder } from '../../harness/folder.js';
import type { EventReceiver } from './event-receiver.js';
import { type FaultPlan, runFault } from './fault-run.js';
import { expectNothingLost, type FaultRow, settleFaultTable } from './fault-table.js';
import { FAST_RETRY } from './workload.js';

const rows: FaultRow[] = [];
let broker: KafkaBroker;
beforeAll(async () => {
  broker = await startKafka({ label: 'faults' });
});
afterAll(async () => {
  await broker.stop();
  await settleFaultTable('Kafka', rows);
});

/** Runs a fault with a KafkaSink to the topic. */
async function runTopicFault(topic: string, plan: Omit<FaultPlan, 'sink' | 'collect'>): Promise<FaultRow> {
  const row = await runFault({
    recoveryMillis: 60_000,
    ...plan,
    sink: () => new KafkaSink({ brokers: [broker.bootstrap], topic, mode: 'binary', delivery: FAST_RETRY }),
    collect: async (receiver: EventReceiver, events) => {
      const messages = await readTopic(broker.bootstrap, topic, events);
      receiver.take(JSON.stringify(messages.map(({ event }) => ({ id: event.event_id, data: event }))));
    },
  });
  rows.push(row);
  return row;
}

it.each(['with', 'without'])('a broker that is killed and started again, %s a spool', async (has) => {
  const topic = `killed-${has}`;
  await broker.createTopic(topic);
  const row = await runTopicFault(topic, {
    fault: 'broker killed, started again after 1 s',
    config: has === 'with' ? { spool: { directory: makeFolder('kafka-faults') } } : {},
    happen: async ({ load }) => {
      await Promise.all([load.run(500, 2), broker.kill().then(() => pause(1_000))]);
      await broker.start();
    },
  });
  expectNothingLost(row);
});

it('a leader that changes', async () => {
  const second = await broker.addBroker();
  await broker.createTopic('leader', { brokers: [[2, 1]] });
  const row = await runTopicFault('leader', {
    fault: 'leader of the partition stopped, the other broker takes over',
    config: { spool: { directory: makeFolder('kafka-faults') } },
    happen: async ({ load }) => {
      await Promise.all([load.run(500, 3), second.stop()]);
    },
  });
  expectNothingLost(row);
});

it('a topic that is missing', async () => {
  const row = await runTopicFault('made-later', {
    fault: 'topic missing, created after 2 s',
    isFromStart: true,
    config: { spool: { directory: makeFolder('kafka-faults') } },
    happen: async ({ load }) => {
      await load.run(500, 2);
      await broker.createTopic('made-later');
    },
  });
  expectNothingLost(row);
});

it('batches that are too large for the topic', async () => {
  await broker.createTopic('small', { configs: { 'max.message.bytes': '4000' } });
  const row = await runTopicFault('small', {
    fault: 'batches of more than 4 kB are refused, single events are not',
    config: { spool: { directory: makeFolder('kafka-faults') } },
    happen: ({ load }) => load.run(500, 2),
  });
  expectNothingLost(row);
});
