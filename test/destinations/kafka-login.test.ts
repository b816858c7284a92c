/** KafkaSink on encrypted connections of a user, to a real broker. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type KafkaBroker, startKafka } from '../../scripts/kafka/broker.js';
import type { DeliveryError } from '../../src/sinks/delivery-error.js';
import type { KafkaSasl } from '../../src/sinks/kafka/producer.js';
import { KafkaSink, type KafkaSinkOptions } from '../../src/sinks/kafka-sink.js';
import { makeEvents } from '../delivery/make-event.js';
import { selfSigned } from '../harness/tls-server.js';
import { readTopic } from './kafka-topic.js';

const username = 'auditor';
const password = 'a-password-of-the-test';

let folder: string;
let certificate: Buffer;
let broker: KafkaBroker;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'kafka-login-'));
  const made = selfSigned(folder);
  certificate = made.certificate;
  const keyStore = path.join(folder, 'key-store.pem');
  writeFileSync(keyStore, Buffer.concat([made.key, certificate]));
  broker = await startKafka({ label: 'kafka-login', secure: { keyStore, username, password } });
});
afterAll(async () => {
  await broker?.stop();
  rmSync(folder, { recursive: true });
});

function open(topic: string, options: Partial<KafkaSinkOptions>): KafkaSink {
  const sink = new KafkaSink({ brokers: [broker.secureBootstrap ?? ''], topic, ...options });
  onTestFinished(() => sink.shutdown());
  return sink;
}

const failure = (sending: Promise<void>): Promise<DeliveryError> =>
  sending.then(
    () => Promise.reject(new Error('it was delivered')),
    (error: DeliveryError) => error,
  );

it.each<[KafkaSasl['mechanism'], Omit<KafkaSasl, 'mechanism'>]>([
  ['PLAIN', { username, password }],
  ['SCRAM-SHA-256', { username, password }],
  ['SCRAM-SHA-512', { username: () => username, password: async () => password }],
])('Events of a user who logs in by %s arrive as they were', async (mechanism, login) => {
  const topic = `events-${mechanism}`;
  await broker.createTopic(topic);
  const events = makeEvents(20);
  await open(topic, { sasl: { mechanism, ...login }, tls: { ca: certificate } }).send(events);
  const read = await readTopic(broker.bootstrap, topic, events.length);
  expect(read.map(({ event }) => event)).toEqual(events);
});

it.each<[string, Partial<KafkaSinkOptions>]>([
  ['the password is wrong', { sasl: { mechanism: 'PLAIN', username, password: 'another-password' } }],
  [
    'the password is wrong, with SCRAM',
    { sasl: { mechanism: 'SCRAM-SHA-256', username, password: 'another-password' } },
  ],
  ['the client does not trust the certificate', { tls: true }],
  ['the client does not encrypt', { tls: false }],
])('A batch is to be sent again, and no message has the password, if %s', async (_reason, changes) => {
  await broker.createTopic('refused').catch(() => {});
  const sasl = { mechanism: 'PLAIN', username, password } as const;
  const sink = open('refused', {
    sasl,
    tls: { ca: certificate },
    delivery: { timeoutMillis: 10_000 },
    ...changes,
  });
  const error = await failure(sink.send(makeEvents(3)));
  expect(error.outcome).toBe('retry');
  expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toMatch(/password/);
});
