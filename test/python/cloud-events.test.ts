/** The SDK of CloudEvents for Python reads what the sinks send. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { CLOUD_EVENTS, PYTHON } from '../../scripts/python/environment.mjs';
import type { ChaukasEvent } from '../../src/chaukas/index.js';
import {
  type CloudEventShape,
  CloudEventsEmitter,
  HttpSink,
  MemorySink,
  toCloudEvent,
  toKafkaMessage,
} from '../../src/emitter/index.js';
import { EVERY_TYPE } from '../cli/run-command.js';
import { startReceiver } from '../sinks/http/receiver.js';

const folder = mkdtempSync(path.join(tmpdir(), 'python-cloudevents-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Message {
  readonly protocol: 'http' | 'kafka';
  readonly headers: IncomingHttpHeaders | Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

interface ReadEvent {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly base64?: string;
  readonly hash?: string;
}

async function readByPython(messages: readonly Message[]): Promise<ReadEvent[]> {
  const [source, target] = [path.join(folder, 'in'), path.join(folder, 'out')];
  const lines = messages.map((message) =>
    JSON.stringify({ ...message, body: message.body?.toString('base64') ?? null }),
  );
  writeFileSync(source, lines.map((line) => `${line}\n`).join(''));
  await promisify(execFile)(PYTHON, [CLOUD_EVENTS, source, target]);
  return readFileSync(target, 'utf8')
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      const read = JSON.parse(line) as ReadEvent[] | { readonly error: string };
      if ('error' in read) throw new Error(read.error);
      return read;
    });
}

/** An event as Python shows it: its time without a zone of letters. */
function expected({ data, data_base64, ...attributes }: CloudEventShape): ReadEvent {
  const time = new Date(String(attributes.time)).toISOString();
  return {
    attributes: { ...attributes, time },
    ...(data_base64 === undefined ? { data: data ?? null } : { base64: data_base64 }),
  };
}

function shown({ attributes, hash: _, ...data }: ReadEvent): ReadEvent {
  return { attributes: { ...attributes, time: new Date(String(attributes.time)).toISOString() }, ...data };
}

const lines = readFileSync(EVERY_TYPE, 'utf8').trimEnd().split('\n');
const audit = lines.map((line) => JSON.parse(line) as ChaukasEvent);

/** Events with attributes and data that an encoding may stumble over. */
async function hostileEvents(): Promise<readonly CloudEventShape[]> {
  const memory = new MemorySink();
  const emitter = new CloudEventsEmitter({ source: 'https://shop.example/a?b=%20c#d', sink: memory });
  const subjects = [
    'Euro € 😀',
    '100% "sure"',
    '%41%zz',
    ' a ',
    "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~",
    'a\u00a0b',
  ];
  for (const subject of subjects) {
    emitter.emit('com.example.order', { text: `${subject}\n\0`, n: 1.5, none: null }, { subject });
  }
  emitter.emit('com.example.bytes', new Uint8Array([0, 255, 128]));
  emitter.emit('com.example.text', 'ä\r\n<a/>', { datacontenttype: 'text/plain; charset=utf-8' });
  emitter.emit('com.example.none', undefined, { ossaagentid: 'ä' });
  await emitter.close();
  return memory.cloudEvents;
}

describe.each(['batched', 'structured', 'binary'] as const)('Over HTTP in %s mode', (mode) => {
  test('audit events arrive with the right hash', async () => {
    const receiver = await startReceiver();
    const sink = new HttpSink({ url: receiver.url, mode });
    await sink.send(audit, lines);
    await sink.shutdown();
    const read = await readByPython(receiver.requests.map((request) => ({ protocol: 'http', ...request })));
    expect(read.map(shown)).toEqual(audit.map((event) => expected(toCloudEvent(event))));
    expect(read.map(({ hash }) => hash)).toEqual(audit.map(({ content_hash }) => content_hash));
  });

  test('hostile attributes and data arrive as they are', async () => {
    const receiver = await startReceiver();
    const sink = new HttpSink({ url: receiver.url, mode });
    const events = await hostileEvents();
    await sink.sendCloudEvents(events);
    await sink.shutdown();
    const read = await readByPython(receiver.requests.map((request) => ({ protocol: 'http', ...request })));
    expect(read.map(shown)).toEqual(events.map(expected));
  });
});

describe.each(['structured', 'binary'] as const)('As Kafka messages in %s mode', (mode) => {
  test('audit events and hostile events are read as they are', async () => {
    const events = [...audit.map((event) => toCloudEvent(event)), ...(await hostileEvents())];
    const read = await readByPython(
      events.map((event) => {
        const { headers, value } = toKafkaMessage(event, mode);
        return { protocol: 'kafka', headers, body: value };
      }),
    );
    expect(read.map(shown)).toEqual(events.map(expected));
    expect(read.flatMap(({ hash }) => hash ?? [])).toEqual(audit.map(({ content_hash }) => content_hash));
  });
});
