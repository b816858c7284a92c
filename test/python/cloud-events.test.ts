/** The SDK of CloudEvents for Python reads what the sinks send. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
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
import { expectedInPython, readByPython, shownByPython } from './read-by-python.js';

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
    expect(read.map(shownByPython)).toEqual(audit.map((event) => expectedInPython(toCloudEvent(event))));
    expect(read.map(({ hash }) => hash)).toEqual(audit.map(({ content_hash }) => content_hash));
  });

  test('hostile attributes and data arrive as they are', async () => {
    const receiver = await startReceiver();
    const sink = new HttpSink({ url: receiver.url, mode });
    const events = await hostileEvents();
    await sink.sendCloudEvents(events);
    await sink.shutdown();
    const read = await readByPython(receiver.requests.map((request) => ({ protocol: 'http', ...request })));
    expect(read.map(shownByPython)).toEqual(events.map(expectedInPython));
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
    expect(read.map(shownByPython)).toEqual(events.map(expectedInPython));
    expect(read.flatMap(({ hash }) => hash ?? [])).toEqual(audit.map(({ content_hash }) => content_hash));
  });
});
