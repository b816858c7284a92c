/** KafkaSink without a broker. `npm run test:delivery` has the tests with a real one. */
import { MultipleErrors, NetworkError, ProtocolError, UserError } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { invalidatesProducer, kafkaError } from '../../src/sinks/kafka/kafka-error.js';
import { KafkaSink, type KafkaSinkOptions } from '../../src/sinks/kafka-sink.js';
import { makeEvent } from '../delivery/make-event.js';

const several = (...errors: Error[]) => new MultipleErrors('produce failed 2 times.', errors);

describe('An error of the client', () => {
  it.each<[what: string, error: unknown, outcome: string, message: string]>([
    [
      'a batch that is too large',
      several(new ProtocolError('MESSAGE_TOO_LARGE')),
      'too-large',
      'the broker answered MESSAGE_TOO_LARGE',
    ],
    [
      'an invalid record among others',
      new ProtocolError('INVALID_RECORD'),
      'too-large',
      'the broker answered INVALID_RECORD',
    ],
    [
      'a missing topic',
      several(new UserError('Unknown topic events.')),
      'retry',
      'the broker answered UNKNOWN_TOPIC_OR_PARTITION',
    ],
    [
      'a missing right',
      new ProtocolError('TOPIC_AUTHORIZATION_FAILED'),
      'retry',
      'the broker answered TOPIC_AUTHORIZATION_FAILED',
    ],
    [
      'a broken connection',
      several(
        new NetworkError('Connection failed.', { cause: Object.assign(new Error(), { code: 'EPIPE' }) }),
      ),
      'retry',
      'the brokers cannot be reached (EPIPE)',
    ],
    ['nothing', undefined, 'retry', 'the brokers cannot be reached (unknown error)'],
  ])('%s is judged', (_what, error, outcome, message) => {
    expect(kafkaError(error, true)).toMatchObject({ outcome, message });
  });

  it('about one record refuses it', () => {
    expect(kafkaError(new ProtocolError('INVALID_RECORD'), false)).toMatchObject({ outcome: 'refused' });
  });

  it('about numbers of an idempotent producer means a new one', () => {
    expect(invalidatesProducer(several(new ProtocolError('OUT_OF_ORDER_SEQUENCE_NUMBER')))).toBe(true);
    expect(invalidatesProducer(several(new ProtocolError('NOT_LEADER_OR_FOLLOWER')))).toBe(false);
  });

  it('that contains itself is judged', () => {
    const error = new Error('circle');
    error.cause = error;
    expect(kafkaError(error, true)).toMatchObject({ outcome: 'retry' });
  });
});

it('An event without an id is refused alone', async () => {
  const sent: unknown[] = [];
  const producer: KafkaSinkOptions['producer'] = {
    send: async ({ messages }) => void sent.push(...messages.map(({ key }) => String(key))),
  };
  const sink = new KafkaSink({ producer, topic: 'events' });
  await expect(
    sink.send([makeEvent(1), { ...makeEvent(2), event_id: '' }, makeEvent(3)]),
  ).rejects.toMatchObject({ outcome: 'refused', delivered: 1, affected: 1 });
  expect(sent).toEqual(['session']);
});

describe('The options', () => {
  const producer = { send: async () => {} };
  it.each<[options: object, problems: string]>([
    [{}, 'option "topic" is missing; it must be a non-empty string'],
    [
      { topic: 't' },
      'option "brokers" is missing; it must be an array of brokers, e.g. ["kafka-1.example:9092"]',
    ],
    [
      { topic: 't', brokers: ['joe:pass@kafka'], sasl: { password: 'pass' }, acks: 2 },
      `option "brokers[0]" is '***@kafka'; it must be a host with or without a port, e.g. kafka-1.example:9092; ` +
        'option "acks" is 2; it must be -1, 0 or 1; ' +
        'option "sasl" has no "mechanism"; it must be an object with "mechanism"',
    ],
    [
      { topic: 't', producer, tls: true },
      'options "producer" and "tls" are both set; set "tls" where the producer is made',
    ],
    [
      { topic: 't', brokers: ['a'], acks: 1, idempotent: true },
      'option "acks" is 1 and "idempotent" is true; leave one of them out',
    ],
  ])('%o are refused', (options, problems) => {
    expect(() => new KafkaSink(options as KafkaSinkOptions)).toThrow(
      new TypeError(`opentelemetry-instrumentation-openai-agents: KafkaSink: ${problems}`),
    );
  });

  it('name the sink', () => {
    expect(new KafkaSink({ topic: 'events', brokers: ['kafka-1:9092', 'kafka-2'] }).name).toBe(
      'kafka kafka-1:9092 kafka-2 events',
    );
    expect(new KafkaSink({ topic: 'events', producer }).name).toBe('kafka events');
  });
});
