import { describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { contentHash } from '../../../src/chaukas/sealed-event.js';
import { verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import type { Finding } from '../../../src/chaukas/verify/findings.js';
import { forgedAfter, parse, toLine } from './forging.js';
import { TestProcess } from './test-process.js';

type Tamper = (lines: string[]) => string[];
type Brief = readonly [line: number, code: Finding['code']];

const brief = ({ findings }: { findings: readonly Finding[] }): Brief[] =>
  findings.map(({ line, code }) => [line, code]);

/** Changes one event. Its hash stays the same unless `rehash` is set. */
function edit(line: number, change: (event: ChaukasEvent) => Partial<ChaukasEvent>, rehash = false): Tamper {
  return (lines) =>
    lines.with(line - 1, JSON.stringify(edited(JSON.parse(lines[line - 1] ?? ''), change, rehash)));
}

function edited(
  event: ChaukasEvent,
  change: (event: ChaukasEvent) => Partial<ChaukasEvent>,
  rehash: boolean,
): ChaukasEvent {
  const changed = { ...event, ...change(event) };
  return rehash ? { ...changed, content_hash: contentHash(changed) } : changed;
}

const swap =
  (a: number, b: number): Tamper =>
  (lines) =>
    lines.with(a - 1, lines[b - 1] ?? '').with(b - 1, lines[a - 1] ?? '');
const remove =
  (...numbers: number[]): Tamper =>
  (lines) =>
    lines.filter((_line, index) => !numbers.includes(index + 1));
const insert =
  (at: number, line: (lines: string[]) => string): Tamper =>
  (lines) =>
    lines.toSpliced(at - 1, 0, line(lines));

/** An event that no process wrote: a copy of the one in a line, with the next id. */
const forged =
  (like: number, change: Partial<ChaukasEvent> = {}) =>
  (all: string[]) =>
    toLine(forgedAfter(parse(all[like - 1]), change));

/**
 * The lines of a stream with one session: 1 and 2 the stream, 3 SESSION_START, 4 AGENT_START, 5 and 6 the model call,
 * 7 and 8 the tool, 9 AGENT_END, 10 SESSION_END, 11 the END of the stream.
 */
const lines: string[] = [];
new TestProcess(lines).whole('s-1').shutdown();

describe('verifyEvents', () => {
  it('finds nothing in an unchanged stream', async () => {
    expect(lines.map((line) => parse(line).type)).toEqual([
      'EVENT_TYPE_SESSION_START',
      'EVENT_TYPE_SYSTEM',
      'EVENT_TYPE_SESSION_START',
      'EVENT_TYPE_AGENT_START',
      'EVENT_TYPE_MODEL_INVOCATION_START',
      'EVENT_TYPE_MODEL_INVOCATION_END',
      'EVENT_TYPE_TOOL_CALL_START',
      'EVENT_TYPE_TOOL_CALL_END',
      'EVENT_TYPE_AGENT_END',
      'EVENT_TYPE_SESSION_END',
      'EVENT_TYPE_SESSION_END',
    ]);
    expect(await verifyEvents(lines)).toEqual({
      events: 11,
      sessions: 2,
      streams: 1,
      checkpoints: 0,
      cosignatures: 0,
      anchors: 0,
      signers: [],
      findings: [],
      findingsOmitted: 0,
    });
  });

  it.each<[what: string, tamper: Tamper]>([
    ['events instead of lines', (all) => all.map(parse) as never],
    [
      'lines reformatted by another tool',
      (all) => all.map((line) => `  ${JSON.stringify(parse(line), null, 1).replaceAll('\n', ' ')} `),
    ],
    [
      'members in another order',
      (all) => all.map((line) => JSON.stringify(Object.fromEntries(Object.entries(parse(line)).reverse()))),
    ],
    ['empty lines', (all) => all.flatMap((line) => [line, ''])],
  ])('finds nothing in %s', async (_what, tamper) => {
    expect(brief(await verifyEvents(tamper(lines)))).toEqual([]);
  });

  it.each<[what: string, tamper: Tamper, found: Brief[]]>([
    ['a changed field', edit(6, () => ({ agent_name: 'other' })), [[6, 'changed_event']]],
    [
      'a changed nested field',
      edit(4, ({ metadata }) => ({ metadata: { ...metadata, role: 'x' } })),
      [[4, 'changed_event']],
    ],
    ['an added field', edit(6, () => ({ branch: 'main' })), [[6, 'changed_event']]],
    ['a removed field', edit(6, () => ({ author: undefined }) as never), [[6, 'changed_event']]],
    [
      'an event changed together with its hash',
      edit(6, () => ({ agent_name: 'other' }), true),
      [[7, 'removed_event']],
    ],
    [
      'a removed hash',
      edit(10, () => ({ content_hash: undefined }) as never),
      [
        [10, 'missing_hash'],
        [11, 'wrong_digest'],
      ],
    ],
    [
      'a single event removed',
      remove(3),
      [
        [3, 'missing_session'],
        [3, 'wrong_order'],
        [8, 'wrong_order'],
        [9, 'wrong_count'],
        [9, 'missing_start'],
        [10, 'wrong_count'],
      ],
    ],
    [
      'a pair removed',
      remove(5, 6),
      [
        [5, 'removed_event'],
        [8, 'wrong_count'],
        [9, 'wrong_count'],
      ],
    ],
    [
      'an END removed',
      remove(8),
      [
        [7, 'missing_end'],
        [8, 'removed_event'],
        [9, 'wrong_count'],
        [10, 'wrong_count'],
      ],
    ],
    [
      'a START removed',
      remove(7),
      [
        [7, 'missing_start'],
        [7, 'removed_event'],
        [9, 'wrong_count'],
        [10, 'wrong_count'],
      ],
    ],
    ['a truncated stream', (all) => all.slice(0, 8), [[8, 'unclosed_stream']]],
    [
      'two pairs in another order',
      (all) => [6, 7, 4, 5].reduce<string[]>((to, from, index) => to.with(index + 4, all[from] ?? ''), all),
      [[7, 'reordered_event']],
    ],
    ['neighbours in another order', swap(6, 7), [[7, 'reordered_event']]],
    [
      'an inserted event',
      insert(7, forged(6, { type: 'EVENT_TYPE_SYSTEM', hash_prev: 'f'.repeat(64) })),
      [
        [7, 'inserted_event'],
        [7, 'wrong_order'],
        [11, 'wrong_count'],
        [12, 'wrong_count'],
      ],
    ],
    [
      'an inserted event that is linked to the event before it',
      insert(7, (all) =>
        forged(6, {
          type: 'EVENT_TYPE_DATA_ACCESS',
          span_id: 'aaaaaaaaaaaaaaaa',
          hash_prev: parse(all[5]).content_hash ?? '',
        })(all),
      ),
      [
        [8, 'inserted_event'],
        [11, 'wrong_count'],
        [12, 'wrong_count'],
      ],
    ],
    ['an event twice', insert(7, (all) => all[5] ?? ''), [[7, 'duplicate_id']]],
    [
      'an id twice',
      edit(7, () => ({ event_id: parse(lines[5]).event_id })),
      [
        [7, 'duplicate_id'],
        [7, 'changed_event'],
      ],
    ],
    [
      'a torn last line',
      (all) => all.with(-1, all.at(-1)?.slice(0, 102) ?? ''),
      [
        [10, 'unclosed_stream'],
        [11, 'torn_line'],
      ],
    ],
    [
      'a torn line in the middle',
      (all) => all.with(5, all[5]?.slice(0, 102) ?? ''),
      [
        [5, 'missing_end'],
        [6, 'unreadable_line'],
        [7, 'removed_event'],
        [10, 'wrong_count'],
        [11, 'wrong_count'],
      ],
    ],
    [
      'a line that is not an event',
      (all) => all.with(5, '{"level":"info"}'),
      [
        [5, 'missing_end'],
        [6, 'unreadable_line'],
        [7, 'removed_event'],
        [10, 'wrong_count'],
        [11, 'wrong_count'],
      ],
    ],
    [
      'a missing parent',
      edit(7, () => ({ parent_span_id: 'aaaaaaaaaaaaaaaa' }), true),
      [
        [7, 'orphan_parent'],
        [8, 'removed_event'],
      ],
    ],
    [
      'a parent that comes later',
      edit(5, () => ({ parent_span_id: parse(lines[6]).span_id }), true),
      [
        [5, 'wrong_order'],
        [6, 'removed_event'],
      ],
    ],
    [
      'a span that is its own parent',
      edit(5, ({ span_id }) => ({ parent_span_id: span_id }), true),
      [
        [5, 'parent_cycle'],
        [6, 'removed_event'],
      ],
    ],
    [
      'a cycle',
      edit(4, () => ({ parent_span_id: parse(lines[4]).span_id }), true),
      [
        [4, 'parent_cycle'],
        [5, 'removed_event'],
      ],
    ],
    [
      'an event without a parent',
      edit(5, () => ({ parent_span_id: undefined }) as never, true),
      [
        [5, 'wrong_parent'],
        [6, 'removed_event'],
      ],
    ],
    [
      'a SESSION event with a parent',
      edit(3, () => ({ parent_span_id: parse(lines[4]).span_id }), true),
      [
        [3, 'wrong_parent'],
        [3, 'parent_cycle'],
        [4, 'removed_event'],
      ],
    ],
    [
      'an id that is not a UUIDv7',
      edit(5, () => ({ event_id: '7' }), true),
      [
        [5, 'invalid_id'],
        [6, 'removed_event'],
      ],
    ],
    [
      'a time in another zone',
      edit(5, () => ({ timestamp: '2026-11-21T19:00:00+01:00' }), true),
      [
        [5, 'invalid_timestamp'],
        [5, 'time_goes_back'],
        [6, 'removed_event'],
      ],
    ],
    [
      'a changed count',
      edit(10, () => ({ metadata: { event_count: 7 } }), true),
      [
        [10, 'wrong_count'],
        [11, 'wrong_digest'],
      ],
    ],
    [
      'a missing count',
      edit(10, () => ({ metadata: {} }), true),
      [
        [10, 'wrong_count'],
        [11, 'wrong_digest'],
      ],
    ],
    [
      'an event after the end',
      (all) => [
        ...all,
        forged(5, { type: 'EVENT_TYPE_SYSTEM', hash_prev: parse(all[9]).content_hash ?? '' })(all),
      ],
      [
        [12, 'wrong_order'],
        [12, 'wrong_order'],
        [12, 'orphan_parent'],
      ],
    ],
    [
      'a second END',
      (all) => [...all.slice(0, 6), forged(6, { hash_prev: parse(all[5]).content_hash ?? '' })(all)],
      [
        [7, 'second_end'],
        [7, 'unclosed_stream'],
      ],
    ],
  ])('finds %s', async (_what, tamper, found) => {
    const sorted = (each: Brief[]) => each.map((one) => one.join(' ')).sort();
    expect(sorted(brief(await verifyEvents(tamper(lines))))).toEqual(sorted(found));
  });

  it('names the event, the session and the reason', async () => {
    const { findings } = await verifyEvents(edit(4, () => ({ agent_name: 'other' }))(lines));
    expect(findings).toEqual([
      {
        line: 4,
        severity: 'error',
        code: 'changed_event',
        message: 'the content does not match content_hash',
        meaning: 'The event was edited after it was written.',
        sessionId: 's-1',
        eventId: parse(lines[3]).event_id,
      },
    ]);
  });

  it.each<[start: string, end: string, goesBack: boolean]>([
    ['18:00:00.5Z', '18:00:00Z', true],
    ['18:00:00.55Z', '18:00:00.5Z', true],
    ['18:00:00.5', '18:00:00Z', true],
    ['18:00:00Z', '18:00:00.5Z', false],
    ['18:00:00.5Z', '18:00:00.500Z', false],
    ['18:00:00.500Z', '18:00:00.5', false],
    ['18:00:00.000Z', '18:00:00Z', false],
  ])('compares times with any number of digits: a tool from %s to %s', async (start, end, goesBack) => {
    const at = (line: number, time: string) => edit(line, () => ({ timestamp: `2030-01-01T${time}` }), true);
    const tampered = at(8, end)(at(7, start)(lines));
    for (const blank of ['', ' ']) {
      const { findings } = await verifyEvents(tampered.map((line) => line + blank));
      const back = findings.filter(({ code, line }) => code === 'time_goes_back' && line === 8);
      expect(back).toHaveLength(goesBack ? 1 : 0);
    }
  });

  it('accepts an event of an unknown type, with one warning', async () => {
    const unknown = insert(5, (all) =>
      forged(4, {
        type: 'EVENT_TYPE_PLAN' as never,
        span_id: 'aaaaaaaaaaaaaaaa',
        hash_prev: parse(all[3]).content_hash ?? '',
      })(all),
    );
    const { events, findings } = await verifyEvents(unknown(lines).slice(0, 5));
    expect(events).toBe(5);
    expect(findings.filter(({ severity }) => severity === 'warning')).toMatchObject([
      { line: 5, code: 'unknown_type', message: 'unknown event type EVENT_TYPE_PLAN' },
    ]);
  });

  it.each<[what: string, line: string]>([
    ['nothing', ''],
    ['a string', '"events"'],
    ['a list', '[]'],
    ['too many nested arrays', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    [
      'too many nested objects',
      JSON.stringify({
        ...JSON.parse(
          '{"type":"T","event_id":"e","timestamp":"t","session_id":"s","trace_id":"t","span_id":"s","content_hash":"x"}',
        ),
        metadata: 0,
      }).replace('"metadata":0', `"metadata":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`),
    ],
    [
      'members of the wrong type',
      '{"event_id":"e","type":"EVENT_TYPE_SYSTEM","timestamp":"t","session_id":"s","trace_id":"t","span_id":"s","content_hash":1,"hash_prev":[],"parent_span_id":{},"metadata":"m","worm_proof_id":5,"agent_handoff":"x"}',
    ],
  ])('survives %s', async (_what, line) => {
    const { findings } = await verifyEvents([line, ...lines]);
    expect(findings.every((finding) => finding.line <= 1)).toBe(true);
  });
});
