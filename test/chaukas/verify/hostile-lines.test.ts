// Lines that are made to mislead a verifier, or to occupy it.
// Sources: ../shared/cases/evidence/min-07, min-08 and min-09.
import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/chaukas/canonical-json.js';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { contentHash } from '../../../src/chaukas/sealed-event.js';
import { findAmbiguity } from '../../../src/chaukas/verify/ambiguous-json.js';
import { verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import { agentRun, linesOf } from './sample-lines.js';

let lines: string[];
beforeAll(async () => {
  lines = await linesOf([[agentRun('s')]]);
});

const codes = async (given: readonly (string | ChaukasEvent)[]) =>
  (await verifyEvents(given)).findings.map(({ code }) => code);

const hex = (value: number, width: number) => value.toString(16).padStart(width, '0');

describe('A line that is nested a million times', () => {
  const nested = (count: number) => `${'['.repeat(count)}${']'.repeat(count)}`;
  const REST =
    `"content_hash":"${'0'.repeat(64)}","event_id":"01931f2a-7c00-7000-8000-000000000001","hash_prev":"",` +
    `"session_id":"s","span_id":"1111111111111111","timestamp":"2026-01-01T00:00:00Z",` +
    `"trace_id":"11111111111111111111111111111111"`;

  it.each([
    ['in the data of a handoff', `{"agent_handoff":{"handoff_data":{"d":${nested(10_000)}}},${REST}`],
    ['in the metadata', `{"metadata":{"d":${nested(10_000)}},${REST}`],
    ['too deep to parse', `{"metadata":{"d":${nested(1_000_000)}},${REST}`],
  ])('%s is a finding', async (_where, start) => {
    const found = await codes([`${start},"type":"EVENT_TYPE_SYSTEM"}`]);
    expect(
      found.some((code) => code === 'changed_event' || code === 'unreadable_line' || code === 'torn_line'),
    ).toBe(true);
  });

  it('as an object is a finding, too', async () => {
    let deep: unknown = [];
    for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
    const event = { ...(JSON.parse(lines[0] ?? '') as ChaukasEvent), metadata: { deep } } as ChaukasEvent;
    expect(await codes([event])).not.toEqual([]);
  });
});

describe('A member that stands twice in a line', () => {
  it.each([
    ['as it is', '"session_id":"forged","session_id":"s"'],
    ['in another spelling', '"session_i\\u0064":"forged","session_id":"s"'],
  ])('%s is found, though the hash matches', async (_how, member) => {
    const [start = '', ...rest] = lines;
    const doubled = start.replace('"session_id":"s"', member);
    expect(doubled).not.toBe(start);
    expect(await codes([doubled, ...rest])).toEqual(['duplicate_member']);
  });

  it.each(['{"a":{"b":1,"b":1}}', '[{"a":1},{"a":[{"a":1,"c":{},"a":2}]}]', '{"":1,"b":"x","":2}'])(
    'is found in %s',
    (line) => expect(findAmbiguity(line)?.code).toBe('duplicate_member'),
  );

  it('is none if it is in two objects or a value', async () => {
    expect(
      findAmbiguity('{"a":{"a":1},"b":[{"a":"a"},{"a":"\\"a\\":1,\\"a\\""}],"c":["a","a"]}'),
    ).toBeUndefined();
    expect(await codes(lines)).toEqual([]);
    // Reformatted lines are no finding either.
    expect(await codes(lines.map((line) => JSON.stringify(JSON.parse(line), null, 1)))).toEqual([]);
  });
});

describe('A number', () => {
  it.each(['12345678901234567890', '9007199254740993', '-9007199254740993', `1${'0'.repeat(400)}`])(
    '%s loses digits',
    (number) => expect(findAmbiguity(`{"a":${number}}`)?.code).toBe('lost_digits'),
  );

  it.each([
    '9007199254740992',
    '1e3',
    '0.1',
    '-1.5E-7',
    '1000000000000000000',
    // 2^64 as JSON.stringify writes it, and in full.
    '18446744073709552000',
    '18446744073709551616',
  ])('%s loses none', (number) => {
    expect(findAmbiguity(`{"a":${number}}`)).toBeUndefined();
  });

  it('that loses digits is a finding, though the hash of what is read matches', async () => {
    const event = JSON.parse(lines[0] ?? '') as ChaukasEvent;
    const changed = { ...event, metadata: { n: 9007199254740992 } } as ChaukasEvent;
    const sealed = canonicalJson({ ...changed, content_hash: contentHash(changed) } as never);
    expect(await codes([sealed.replace('9007199254740992', '9007199254740993')])).toContain('lost_digits');
  });
});

describe('Thirty thousand lines take little time', () => {
  const COUNT = 30_000;
  const line = (index: number, change: Partial<ChaukasEvent>) => {
    const event = {
      event_id: `01931f2a-7c00-7000-8000-${hex(index, 12)}`,
      type: 'EVENT_TYPE_SYSTEM',
      timestamp: '2026-01-01T00:00:00Z',
      session_id: 's',
      trace_id: '1'.repeat(32),
      span_id: hex(index + 1, 16),
      parent_span_id: hex(1, 16),
      ...change,
    } as ChaukasEvent;
    return canonicalJson({ ...event, content_hash: contentHash(event) } as never);
  };

  it.each<[what: string, change: (index: number) => Partial<ChaukasEvent>]>([
    ['none of which follows another', (index) => ({ hash_prev: hex(index * 7 + 3, 64) })],
    ['all of which follow one', () => ({ hash_prev: hex(1, 64) })],
    ['each beneath the next one', (index) => ({ hash_prev: '', parent_span_id: hex(index + 2, 16) })],
    ['that all start one span', () => ({ type: 'EVENT_TYPE_AGENT_START', span_id: hex(1, 16) })],
  ])('%s', async (_what, change) => {
    const report = await verifyEvents(
      Array.from({ length: COUNT }, (_, index) => line(index, change(index))),
    );
    expect(report.events).toBe(COUNT);
    expect(report.findings.length + report.findingsOmitted).toBeGreaterThanOrEqual(COUNT - 1);
  });
});
