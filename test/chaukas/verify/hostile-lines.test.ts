// Lines that are made to mislead a verifier, or to occupy it.
// Sources: ../shared/cases/evidence/min-07, min-08 and min-09.
import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/chaukas/canonical-json.js';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { contentHash } from '../../../src/chaukas/sealed-event.js';
import { findAmbiguity } from '../../../src/chaukas/verify/ambiguous-json.js';
import { EventVerifier, verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import { HOSTILE, hostileInput } from './hostile-input.js';
import { PUBLIC_KEY, TEST_KEY } from './sample-files.js';
import { agentRun, linesOf } from './sample-lines.js';
import { TestProcess } from './test-process.js';

let lines: string[];
beforeAll(async () => {
  lines = await linesOf([[agentRun('s')]]);
});

const codes = async (given: readonly (string | ChaukasEvent)[]) =>
  (await verifyEvents(given)).findings.map(({ code }) => code);

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
    const [stream = '', start = '', ...rest] = lines;
    const doubled = start.replace('"session_id":"s"', member);
    expect(doubled).not.toBe(start);
    expect(await codes([stream, doubled, ...rest])).toEqual(['duplicate_member']);
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

describe('A member of another type', () => {
  const WRONG: unknown[] = [
    null,
    true,
    7,
    '',
    '\u0000',
    [],
    {},
    [[]],
    { toString: 1 },
    { length: 9 },
    'x'.repeat(100_000),
  ];
  const METADATA = [
    ...['stream_id', 'previous_streams', 'closed', 'reason', 'sinks', 'stream_event_count', 'stream_sha256'],
    ...['event_count', 'message', 'checkpoint', 'last_event_id', 'subtrees'],
  ];
  const signed: string[] = [];
  const process = new TestProcess(signed, { key: TEST_KEY }).whole('a');
  process.cosign(process.notes[0] ?? '');
  process.shutdown();
  new TestProcess(signed, { key: TEST_KEY }).whole('b').shutdown();

  /** One line of each kind of event. */
  const kinds = new Map(signed.map((line, at) => [kindOf(JSON.parse(line)), at]));

  it.each([...kinds])('is never thrown at the caller: %s', (_kind, at) => {
    const event = JSON.parse(signed[at] ?? '') as ChaukasEvent;
    for (const wrong of WRONG) {
      const changed = [
        ...Object.keys(event).map((name) => ({ ...event, [name]: wrong })),
        ...METADATA.map((name) => ({ ...event, metadata: { ...event.metadata, [name]: wrong } })),
        ...METADATA.map((name) => ({
          ...event,
          metadata: { ...event.metadata, [name]: [wrong, { [name]: wrong }] },
        })),
      ] as ChaukasEvent[];
      for (const one of changed) {
        const verifier = new EventVerifier({
          publicKeys: [PUBLIC_KEY],
          witnessKeys: [PUBLIC_KEY],
          anchors: [''],
        });
        verifier.add(signed[0] ?? '', 1);
        verifier.add(JSON.stringify({ ...one, content_hash: hashOf(one) }), 2);
        verifier.add(signed.at(-1) ?? '', 3);
        expect(verifier.end().findings.length).toBeGreaterThan(0);
      }
    }
  });

  function kindOf({ metadata, type }: ChaukasEvent): string {
    return `${type} ${String(metadata?.message ?? '')} ${String(metadata?.scope ?? metadata?.closed ?? '')}`;
  }

  /** A hash that fits, if there is one. */
  function hashOf(event: ChaukasEvent): unknown {
    return typeof event.content_hash === 'string' && event.content_hash !== ''
      ? contentHash(event)
      : event.content_hash;
  }
});

describe('Five thousand lines', () => {
  it.each(Object.entries(HOSTILE))('%s are findings', (_what, make) => {
    const verifier = new EventVerifier({ publicKeys: [PUBLIC_KEY] });
    let line = 0;
    for (const text of hostileInput(make, 5_000)) {
      line += 1;
      verifier.add(text, line);
    }
    const { findings, findingsOmitted } = verifier.end();
    expect(findings.length + findingsOmitted).toBeGreaterThan(0);
  });
});
