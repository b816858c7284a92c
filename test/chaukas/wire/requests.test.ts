import { describe, expect, it } from 'vitest';
import type { ChaukasEvent, EventBatch } from '../../../src/chaukas/event.js';
import {
  decodeBatch,
  decodeEventRequest,
  encodeBatch,
  encodeEventRequest,
} from '../../../src/chaukas/index.js';
import { problemOf } from './problem-of.js';
import { SAMPLE } from './sample-event.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const asEvent = (members: object): ChaukasEvent => members as ChaukasEvent;

describe('A request', () => {
  it('holds one event', () => {
    expect(hex(encodeEventRequest(asEvent({ event_id: 'ab' })))).toBe('0a040a026162');
    expect(decodeEventRequest(encodeEventRequest(SAMPLE))).toStrictEqual(SAMPLE);
  });

  it('holds several events', () => {
    expect(hex(encodeBatch([asEvent({ event_id: 'a' }), asEvent({ event_id: 'b' })]))).toBe(
      '0a0a' + '1a030a0161' + '1a030a0162',
    );
    expect(decodeBatch(encodeBatch([SAMPLE, SAMPLE]))).toStrictEqual({ events: [SAMPLE, SAMPLE] });
    expect(decodeBatch(encodeBatch([]))).toStrictEqual({ events: [] });
  });

  it('holds a batch with its totals and metadata', () => {
    const batch: EventBatch = {
      batch_id: 'b-1',
      timestamp: '2026-11-21T18:00:00Z',
      events: [SAMPLE],
      metadata: { host: 'a' },
      total_cost: 0,
      total_tokens: 12,
      total_duration_ms: 0.5,
    };
    expect(decodeBatch(encodeBatch(batch))).toStrictEqual(batch);
  });

  it.each<[what: string, action: () => unknown, problem: string]>([
    [
      'a wrong event',
      () => encodeEventRequest(asEvent({ branch: 5 })),
      'request.event.branch is 5; it must be a string',
    ],
    [
      'a wrong event of a batch',
      () => encodeBatch([SAMPLE, asEvent({ type: 'X' })]),
      "request.event_batch.events[1].type is 'X'; it must be a name with a number in this specification; use JSON for others",
    ],
    ['no event in the bytes', () => decodeEventRequest(new Uint8Array()), 'request.event is missing'],
    ['no batch in the bytes', () => decodeBatch(new Uint8Array()), 'request.event_batch is missing'],
    [
      'bytes of something else',
      () => decodeBatch(Buffer.from('0a05', 'hex')),
      'request.event_batch cannot be read: premature EOF',
    ],
  ])('%s throws an error with the place and the problem', (_what, action, problem) => {
    expect(problemOf(action)).toBe(problem);
  });
});
