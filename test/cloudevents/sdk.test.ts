/** The bindings beside the SDK for JavaScript, which reads what they write. */
import { CloudEvent, HTTP, Kafka } from 'cloudevents';
import { describe, expect, test } from 'vitest';
import type { CloudEventShape } from '../../src/cloudevents/cloud-event.js';
import { fromHttpMessage, toHttpBatch, toHttpMessage } from '../../src/cloudevents/http-binding.js';
import { fromKafkaMessage, toKafkaMessage } from '../../src/cloudevents/kafka-binding.js';

const EVENT: CloudEventShape = {
  specversion: '1.0',
  id: '01931f2a',
  source: '/chaukas/acme/shop',
  type: 'dev.ossa.agent.started',
  subject: 'triage',
  time: '2026-03-14T09:26:53.123Z',
  datacontenttype: 'application/json',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  partitionkey: 'order-1042',
  ossaagentid: 'triage',
  data: { event_id: '01931f2a', nested: { list: [1, 2.5, null, 'ä🙂"%\n'] } },
};

/** What the SDK read, without members that it has for every event. */
function plain(event: object): object {
  return JSON.parse(JSON.stringify(event));
}

describe('The SDK reads from HTTP', () => {
  test.each(['structured', 'binary'] as const)('an event in %s mode', (mode) => {
    const { headers, body } = toHttpMessage(EVENT, mode);
    const read = HTTP.toEvent({ headers: { ...headers }, body: body.toString() });
    expect(plain(read)).toEqual(EVENT);
  });

  test('a batch', () => {
    const events = [EVENT, { ...EVENT, id: '2', data: null }, { ...EVENT, id: '3', data: [] }];
    const { headers, body } = toHttpBatch(events.map((event) => ({ event })));
    const read = HTTP.toEvent({ headers: { ...headers }, body: body.toString() });
    expect([read].flat().map(plain)).toEqual(events);
  });
});

describe('The SDK reads from Kafka', () => {
  test.each(['structured', 'binary'] as const)('an event in %s mode', (mode) => {
    const { headers, key, value } = toKafkaMessage(EVENT, mode);
    const text = value?.toString();
    const message = { headers: { ...headers }, key: key ?? '', value: text, body: text };
    expect(plain(Kafka.toEvent(message))).toEqual(EVENT);
  });
});

describe('From what the SDK writes is read', () => {
  const event = new CloudEvent({ ...EVENT });

  test.each(['structured', 'binary'] as const)('an event over HTTP in %s mode', (mode) => {
    const { headers, body } = HTTP[mode](event);
    expect(fromHttpMessage(headers as Record<string, string>, String(body))).toEqual([EVENT]);
  });

  test.each(['structured', 'binary'] as const)('an event over Kafka in %s mode', (mode) => {
    const { headers, value } = Kafka[mode](event as never) as unknown as {
      headers: Record<string, string | undefined>;
      value: unknown;
    };
    const present = Object.fromEntries(
      Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    // The SDK leaves the serialisation of binary data to the client.
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    expect(fromKafkaMessage({ headers: present, value: text })).toEqual(EVENT);
  });
});
