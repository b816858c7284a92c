/** Faults of a Kafka broker: what arrives in the topic, and what is lost. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type KafkaBroker, startKafka } from '../../../scripts/kafka/broker.js';
import { KafkaSink } from '../../../src/index.js';
import { readTopic } from '../../destinations/kafka-topic.js';
import type { EventReceiver } from './event-receiver.js';
import { type FaultPlan, runFault } from './fault-run.js';
import { type FaultRow, settleFaultTable } from './fault-table.js';
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

function newFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-faults-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

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
    config: has === 'with' ? { spool: { directory: newFolder() } } : {},
    happen: async ({ load }) => {
      await Promise.all([load.run(500, 2), broker.kill().then(() => pause(1_000))]);
      await broker.start();
    },
  });
  expect(row).toMatchObject({ lost: 0, received: row.sent });
});

it('a leader that changes', async () => {
  const second = await broker.addBroker();
  await broker.createTopic('leader', { brokers: [[2, 1]] });
  const row = await runTopicFault('leader', {
    fault: 'leader of the partition stopped, the other broker takes over',
    config: { spool: { directory: newFolder() } },
    happen: async ({ load }) => {
      await Promise.all([load.run(500, 3), second.stop()]);
    },
  });
  expect(row).toMatchObject({ lost: 0, received: row.sent });
});

it('a topic that is missing', async () => {
  const row = await runTopicFault('made-later', {
    fault: 'topic missing, created after 2 s',
    isFromStart: true,
    config: { spool: { directory: newFolder() } },
    happen: async ({ load }) => {
      await load.run(500, 2);
      await broker.createTopic('made-later');
    },
  });
  expect(row).toMatchObject({ lost: 0, received: row.sent });
});

it('batches that are too large for the topic', async () => {
  await broker.createTopic('small', { configs: { 'max.message.bytes': '4000' } });
  const row = await runTopicFault('small', {
    fault: 'batches of more than 4 kB are refused, single events are not',
    config: { spool: { directory: newFolder() } },
    happen: ({ load }) => load.run(500, 2),
  });
  expect(row).toMatchObject({ lost: 0, received: row.sent });
});
