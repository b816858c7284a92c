/** Hostile events through every form and back, and beside the SDK for JavaScript. */
import { CloudEvent, HTTP, Kafka } from 'cloudevents';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { attributeProblem } from '../../src/cloudevents/attribute-rules.js';
import { type CloudEventShape, fromCloudEvent, toCloudEvent } from '../../src/cloudevents/cloud-event.js';
import { fromHttpMessage, toHttpBatch, toHttpMessage } from '../../src/cloudevents/http-binding.js';
import {
  cloudEventFromJson,
  cloudEventsFromJson,
  cloudEventsToJson,
  cloudEventToJson,
  readCloudEvents,
} from '../../src/cloudevents/json-format.js';
import { fromKafkaMessage, toKafkaMessage } from '../../src/cloudevents/kafka-binding.js';
import { wellFormed } from '../../src/text/well-formed.js';

/** Texts that CloudEvents allows, with all that an encoding may stumble over. */
const allowedText = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({ minLength: 1 }),
    fc.constantFrom(
      '%',
      '%41',
      '%zz',
      '"a"',
      'a\\"b',
      ' a ',
      ',',
      'a,b',
      'é',
      '\u{1f600}',
      '=?utf-8?q?=41?=',
    ),
  )
  .filter((text) => attributeProblem('subject', text) === undefined);

const token = fc.stringMatching(/^[a-z][a-z0-9]{0,19}$/).filter((name) => !RESERVED.has(name));
const RESERVED = new Set(
  'specversion,id,source,type,subject,time,data,datacontenttype,dataschema,partitionkey,traceparent,schemaurl'
    .split(',')
    .concat('datacontentencoding', 'constructor', 'valueof', 'tostring'),
);

const json = fc
  .oneof(
    fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
    fc.constantFrom('\ud800', [null], { a: { ']},"data":': '}' } }, Number.MAX_VALUE, -0),
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const data = fc.oneof(
  fc.constant({}),
  json.map((value) => ({ datacontenttype: 'application/json', data: value })),
  json.map((value) => ({ datacontenttype: 'application/vnd.a+json; charset=utf-8', data: value })),
  fc.string({ unit: 'binary' }).map((text) => ({ datacontenttype: 'text/plain', data: wellFormed(text) })),
  fc
    .uint8Array({ minLength: 1 })
    .map((bytes) => ({ datacontenttype: 'image/png', data_base64: Buffer.from(bytes).toString('base64') })),
);

const cloudEvent = fc
  .record({
    id: allowedText,
    type: allowedText,
    subject: fc.option(allowedText, { nil: undefined }),
    source: fc.webUrl(),
    time: fc
      .date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') })
      .map((date) => date.toISOString()),
    extensions: fc.dictionary(token, allowedText, { maxKeys: 3, noNullPrototype: true }),
    data,
  })
  .map(({ extensions, data: members, subject, ...attributes }) => ({
    specversion: '1.0' as const,
    ...attributes,
    ...(subject !== undefined && { subject }),
    ...extensions,
    ...members,
  })) satisfies fc.Arbitrary<CloudEventShape>;

const RUNS = { numRuns: 1_000 };

describe('An event stays as it is', () => {
  test('as JSON', () => {
    fc.assert(
      fc.property(cloudEvent, (event) => {
        expect(cloudEventFromJson(cloudEventToJson(event))).toEqual(event);
      }),
      RUNS,
    );
  });

  test('in a batch, with the texts of the data', () => {
    fc.assert(
      fc.property(fc.array(cloudEvent, { maxLength: 4 }), (events) => {
        const batch = cloudEventsToJson(events.map((event) => ({ event })));
        expect(cloudEventsFromJson(batch)).toEqual(events);
        for (const text of [batch, JSON.stringify(JSON.parse(batch), null, 2)]) {
          const read = readCloudEvents(text);
          expect(read.map(({ event }) => event)).toEqual(events);
          const values = read.map(({ dataText }) => dataText && JSON.parse(dataText));
          expect(values).toEqual(events.map((event) => ('data' in event ? event.data : undefined)));
        }
        const { headers, body } = toHttpBatch(events.map((event) => ({ event })));
        expect(fromHttpMessage(headers, body)).toEqual(events);
      }),
      RUNS,
    );
  });

  test.each(['structured', 'binary'] as const)('over HTTP in %s mode', (mode) => {
    fc.assert(
      fc.property(cloudEvent, (event) => {
        const { headers, body } = toHttpMessage(event, mode);
        for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(fromHttpMessage(headers, body)).toEqual([event]);
      }),
      RUNS,
    );
  });

  test.each(['structured', 'binary'] as const)('over Kafka in %s mode', (mode) => {
    fc.assert(
      fc.property(cloudEvent, (event) => {
        expect(fromKafkaMessage(toKafkaMessage(event, mode))).toEqual(event);
      }),
      RUNS,
    );
  });
});

test('The line of an audit event stays as it is, to the byte', () => {
  const number = fc.constantFrom(
    '9007199254740993',
    '1.0',
    '-0',
    '1E5',
    '1e400',
    '123456789012345678901234567890',
  );
  const space = fc.constantFrom('', ' ', '\t', '  ');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), json, number, space, (id, value, digits, gap) => {
      const text = JSON.stringify(`x${wellFormed(id)}`);
      const line = `{"event_id":${gap}${text},"metadata":{"n":${gap}${digits},"v":${JSON.stringify(value)}},"type":"EVENT_TYPE_SYSTEM"}`;
      const event = JSON.parse(line) as ChaukasEvent;
      const carried = cloudEventToJson(toCloudEvent(event), line);
      const [read, ...others] = readCloudEvents(carried);
      expect(others).toEqual([]);
      expect(read?.dataText).toBe(line);
      expect(fromCloudEvent(read?.event)).toEqual(event);
      expect(readCloudEvents(`[${carried},\n${carried}]`).map(({ dataText }) => dataText)).toEqual([
        line,
        line,
      ]);
    }),
    RUNS,
  );
});

describe('Beside the SDK', () => {
  /** The SDK gives bytes as a Uint32Array in structured mode, and does not percent-decode headers. */
  const plain = cloudEvent.filter((event) => !('data_base64' in event));

  function membersOf(event: object): object {
    return JSON.parse(JSON.stringify(event));
  }

  test('an event that passes our rules passes those of the SDK', () => {
    fc.assert(
      fc.property(cloudEvent, (event) => {
        expect(new CloudEvent({ ...event }).validate()).toBe(true);
      }),
      RUNS,
    );
  });

  test('a source passes if and only if the SDK takes it', () => {
    const source = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.stringMatching(/^[a-z0-9%:/?#@![\]()*.~_ -]{1,12}$/),
      fc.constantFrom(
        'urn:a:b',
        'mailto:a@b.example',
        '//host/a',
        '?q',
        '#f',
        '..',
        'a/b:c',
        'http://[::1]:80/a',
      ),
    );
    fc.assert(
      fc.property(source, (text) => {
        const accepted = attributeProblem('source', text) === undefined;
        // The SDK is laxer in places; whatever we accept it must accept.
        if (accepted) new CloudEvent({ id: '1', type: 't', source: text });
      }),
      { numRuns: 5_000 },
    );
  });

  test('it reads our structured messages, of HTTP and of Kafka', () => {
    fc.assert(
      fc.property(plain, (event) => {
        const http = toHttpMessage(event, 'structured');
        const read = HTTP.toEvent({ headers: { ...http.headers }, body: http.body.toString() });
        // It takes falsy members for absent ones.
        const expected = 'data' in event && !event.data ? { ...event, data: undefined } : event;
        expect(membersOf(read)).toEqual(membersOf(expected));
        const kafka = toKafkaMessage(event, 'structured');
        const value = String(kafka.value);
        const message = { headers: { ...kafka.headers }, key: '', value, body: value };
        expect(membersOf(Kafka.toEvent(message))).toEqual({ ...membersOf(event), partitionkey: '' });
      }),
      RUNS,
    );
  });

  test('we read its structured and binary messages', () => {
    fc.assert(
      fc.property(plain, (event) => {
        const sdk = new CloudEvent({ ...event });
        const structured = HTTP.structured(sdk);
        expect(
          fromHttpMessage(structured.headers as Record<string, string>, String(structured.body)),
        ).toEqual([event]);
        // It does not percent-encode, so its headers hold what a client would refuse to send.
        const ascii = Object.entries(event).every(
          ([name, value]) => name === 'data' || /^[!#$&-~]+$/.test(String(value)),
        );
        const isText = !('data' in event) || typeof event.data === 'object';
        if (!ascii || !isText || !('data' in event)) return;
        const binary = HTTP.binary(sdk);
        expect(fromHttpMessage(binary.headers as Record<string, string>, String(binary.body))).toEqual([
          event,
        ]);
      }),
      RUNS,
    );
  });
});
