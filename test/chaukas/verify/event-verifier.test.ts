import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { contentHash } from '../../../src/chaukas/sealed-event.js';
import { SeenIds, verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import type { Finding } from '../../../src/chaukas/verify/findings.js';
import { agentRun, linesOf } from './sample-lines.js';

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

const parse = (line: string | undefined): ChaukasEvent => JSON.parse(line ?? '');
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

/** An event that no process wrote: a copy of the one in a line, with another id. */
const forged =
  (like: number, change: Partial<ChaukasEvent> = {}) =>
  (lines: string[]) => {
    const event = edited(
      parse(lines[like - 1]),
      () => ({ event_id: '01a1ff49-a841-7bb8-85d0-cfc90aa58dd9', ...change }),
      true,
    );
    return JSON.stringify(event);
  };

/**
 * The lines of one session: 1 SESSION_START, 2 AGENT_START, 3 and 4 the model call, 5 and 6 the tool, 7 AGENT_END,
 * 8 SESSION_END.
 */
let lines: string[];
beforeAll(async () => {
  lines = await linesOf([[agentRun('s-1')]]);
});

describe('verifyEvents', () => {
  it('finds nothing in an unchanged stream', async () => {
    expect(lines.map((line) => parse(line).type)).toEqual([
      'EVENT_TYPE_SESSION_START',
      'EVENT_TYPE_AGENT_START',
      'EVENT_TYPE_MODEL_INVOCATION_START',
      'EVENT_TYPE_MODEL_INVOCATION_END',
      'EVENT_TYPE_TOOL_CALL_START',
      'EVENT_TYPE_TOOL_CALL_END',
      'EVENT_TYPE_AGENT_END',
      'EVENT_TYPE_SESSION_END',
    ]);
    expect(await verifyEvents(lines)).toEqual({
      events: 8,
      sessions: 1,
      checkpoints: 0,
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
    ['a changed field', edit(4, () => ({ agent_name: 'other' })), [[4, 'changed_event']]],
    [
      'a changed nested field',
      edit(2, ({ metadata }) => ({ metadata: { ...metadata, role: 'x' } })),
      [[2, 'changed_event']],
    ],
    ['an added field', edit(4, () => ({ branch: 'main' })), [[4, 'changed_event']]],
    ['a removed field', edit(4, () => ({ agent_id: undefined }) as never), [[4, 'changed_event']]],
    [
      'an event changed together with its hash',
      edit(4, () => ({ agent_name: 'other' }), true),
      [[5, 'removed_event']],
    ],
    ['a removed hash', edit(8, () => ({ content_hash: undefined }) as never), [[8, 'missing_hash']]],
    [
      'a single event removed',
      remove(1),
      [
        [1, 'missing_session'],
        [1, 'removed_event'],
        [1, 'wrong_order'],
        [6, 'wrong_order'],
        [7, 'wrong_count'],
        [7, 'missing_start'],
      ],
    ],
    [
      'a pair removed',
      remove(3, 4),
      [
        [3, 'removed_event'],
        [6, 'wrong_count'],
      ],
    ],
    [
      'an END removed',
      remove(6),
      [
        [5, 'missing_end'],
        [6, 'removed_event'],
        [7, 'wrong_count'],
      ],
    ],
    [
      'a START removed',
      remove(5),
      [
        [5, 'missing_start'],
        [5, 'removed_event'],
        [7, 'wrong_count'],
      ],
    ],
    [
      'a truncated stream',
      (all) => all.slice(0, 6),
      [
        [1, 'missing_end'],
        [2, 'missing_end'],
      ],
    ],
    [
      'two pairs in another order',
      (all) => [4, 5, 2, 3].reduce<string[]>((to, from, index) => to.with(index + 2, all[from] ?? ''), all),
      [
        [3, 'reordered_event'],
        [7, 'reordered_event'],
      ],
    ],
    ['neighbours in another order', swap(4, 5), [[4, 'reordered_event']]],
    [
      'an inserted event',
      insert(5, forged(4, { type: 'EVENT_TYPE_SYSTEM', hash_prev: 'f'.repeat(64) })),
      [
        [5, 'inserted_event'],
        [5, 'wrong_order'],
        [9, 'wrong_count'],
      ],
    ],
    [
      'an inserted event that is linked to the event before it',
      insert(5, (all) =>
        forged(4, {
          type: 'EVENT_TYPE_DATA_ACCESS',
          span_id: 'aaaaaaaaaaaaaaaa',
          hash_prev: parse(all[3]).content_hash ?? '',
        })(all),
      ),
      [
        [6, 'inserted_event'],
        [9, 'wrong_count'],
      ],
    ],
    ['an event twice', insert(5, (all) => all[3] ?? ''), [[5, 'duplicate_id']]],
    [
      'an id twice',
      edit(5, () => ({ event_id: parse(lines[3]).event_id })),
      [
        [5, 'duplicate_id'],
        [6, 'removed_event'],
        [6, 'missing_start'],
        [8, 'wrong_count'],
      ],
    ],
    [
      'a torn last line',
      (all) => all.with(-1, all.at(-1)?.slice(0, 100) ?? ''),
      [
        [1, 'missing_end'],
        [8, 'torn_line'],
      ],
    ],
    [
      'a torn line in the middle',
      (all) => all.with(3, all[3]?.slice(0, 100) ?? ''),
      [
        [3, 'missing_end'],
        [4, 'unreadable_line'],
        [5, 'removed_event'],
        [8, 'wrong_count'],
      ],
    ],
    [
      'a line that is not an event',
      (all) => all.with(3, '{"level":"info"}'),
      [
        [3, 'missing_end'],
        [4, 'unreadable_line'],
        [5, 'removed_event'],
        [8, 'wrong_count'],
      ],
    ],
    [
      'a missing parent',
      edit(5, () => ({ parent_span_id: 'aaaaaaaaaaaaaaaa' }), true),
      [
        [5, 'orphan_parent'],
        [6, 'removed_event'],
      ],
    ],
    [
      'a parent that comes later',
      edit(3, () => ({ parent_span_id: parse(lines[4]).span_id }), true),
      [
        [3, 'wrong_order'],
        [4, 'removed_event'],
      ],
    ],
    [
      'a span that is its own parent',
      edit(3, ({ span_id }) => ({ parent_span_id: span_id }), true),
      [
        [3, 'parent_cycle'],
        [4, 'removed_event'],
      ],
    ],
    [
      'a cycle',
      edit(2, () => ({ parent_span_id: parse(lines[2]).span_id }), true),
      [
        [2, 'parent_cycle'],
        [3, 'removed_event'],
      ],
    ],
    [
      'an event without a parent',
      edit(3, () => ({ parent_span_id: undefined }) as never, true),
      [
        [3, 'wrong_parent'],
        [4, 'removed_event'],
      ],
    ],
    [
      'a SESSION event with a parent',
      edit(1, () => ({ parent_span_id: parse(lines[2]).span_id }), true),
      [
        [1, 'wrong_parent'],
        [1, 'parent_cycle'],
        [2, 'removed_event'],
      ],
    ],
    [
      'an id that is not a UUIDv7',
      edit(3, () => ({ event_id: '7' }), true),
      [
        [3, 'invalid_id'],
        [4, 'removed_event'],
      ],
    ],
    [
      'a time in another zone',
      edit(3, () => ({ timestamp: '2026-11-21T19:00:00+01:00' }), true),
      [
        [3, 'invalid_timestamp'],
        [4, 'removed_event'],
      ],
    ],
    ['a changed count', edit(8, () => ({ metadata: { event_count: 7 } }), true), [[8, 'wrong_count']]],
    ['a missing count', edit(8, () => ({ metadata: {} }), true), [[8, 'wrong_count']]],
    [
      'an event after the end',
      (all) => [
        ...all,
        forged(3, { type: 'EVENT_TYPE_SYSTEM', hash_prev: parse(all[7]).content_hash ?? '' })(all),
      ],
      [
        [9, 'wrong_order'],
        [9, 'orphan_parent'],
      ],
    ],
    [
      'a second END',
      (all) => [...all.slice(0, 4), forged(4, { hash_prev: parse(all[3]).content_hash ?? '' })(all)],
      [
        [1, 'missing_end'],
        [2, 'missing_end'],
        [5, 'second_end'],
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
        sessionId: 's-1',
        eventId: parse(lines[3]).event_id,
      },
    ]);
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

describe('A session that continues', () => {
  it('is one chain, in one process and after a restart that appends to the same file', async () => {
    const twice = await linesOf([[agentRun('s-1')], [agentRun('s-2'), agentRun('s-1')], [agentRun('s-1')]]);
    expect(await verifyEvents(twice)).toMatchObject({ events: 32, sessions: 2, findings: [] });
    const ends = twice
      .map(parse)
      .filter(({ type, session_id }) => type === 'EVENT_TYPE_SESSION_END' && session_id === 's-1');
    expect(ends.map(({ metadata }) => metadata?.event_count)).toEqual([8, 16, 24]);
    // Removing the events of the first process is noticed.
    const { findings } = await verifyEvents(twice.slice(8));
    expect(findings.map(({ code }) => code)).toEqual(['removed_event', 'wrong_count', 'wrong_count']);
  });

  it('gets a warning if its chain starts again', async () => {
    const again = [...lines, ...(await linesOf([[agentRun('s-1')]]))];
    expect(brief(await verifyEvents(again))).toEqual([[9, 'chain_restart']]);
  });
});

describe('Signed checkpoints', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const other = generateKeyPairSync('ed25519').publicKey;
  const CHECKPOINTS = { key: privateKey, keyId: 'audit', maxEvents: 10 };
  let signed: string[];
  beforeAll(async () => {
    signed = await linesOf([[agentRun('s-1'), agentRun('s-2')], [agentRun('s-3')]], {
      checkpoints: CHECKPOINTS,
    });
  });

  it('cover every event except those of their own session', async () => {
    expect(await verifyEvents(signed, { publicKeys: [publicKey] })).toMatchObject({
      events: 24 + 2 * 2 + 3,
      sessions: 5,
      checkpoints: 3,
      findings: [],
    });
    expect(await verifyEvents(signed)).toMatchObject({ checkpoints: 0, findings: [] });
    const ids = new Set(signed.map((line) => parse(line).worm_proof_id));
    const checkpoints = signed.map(
      (line) => parse(line).metadata?.checkpoint as { checkpoint_id: string } | undefined,
    );
    expect(ids).toEqual(
      new Set([undefined, ...checkpoints.flatMap((checkpoint) => checkpoint?.checkpoint_id ?? [])]),
    );
  });

  it.each<[what: string, tamper: Tamper, code: Finding['code']]>([
    ['a removed session', (all) => all.filter((line) => parse(line).session_id !== 's-2'), 'removed_event'],
    [
      'a removed checkpoint',
      (all) =>
        all.filter(
          (line) =>
            parse(line).metadata?.message !== 'checkpoint' ||
            line !== all.find((each) => parse(each).metadata?.message === 'checkpoint'),
        ),
      'missing_checkpoint',
    ],
    [
      'a checkpoint changed together with its hash',
      (all) => {
        const at = all.findIndex((line) => parse(line).metadata?.message === 'checkpoint');
        return edit(
          at + 1,
          ({ metadata }) => ({
            metadata: {
              ...metadata,
              checkpoint: { ...(metadata?.checkpoint as object), created_at: '2020-01-01T00:00:00Z' },
            },
          }),
          true,
        )(all);
      },
      'bad_checkpoint',
    ],
  ])('reveal %s', async (_what, tamper, code) => {
    const { findings } = await verifyEvents(tamper(signed), { publicKeys: [publicKey] });
    expect(findings.filter(({ severity }) => severity === 'error').map((finding) => finding.code)).toContain(
      code,
    );
  });

  it('are not redacted, so that their signatures stay valid', async () => {
    const named = await linesOf([[agentRun('jane.doe@example.com'), agentRun('+49 170 1234567')]], {
      checkpoints: CHECKPOINTS,
    });
    expect(await verifyEvents(named, { publicKeys: [publicKey] })).toMatchObject({
      checkpoints: 2,
      findings: [],
    });
  });

  it('reveal a signature of another key', async () => {
    const { checkpoints, findings } = await verifyEvents(signed, { publicKeys: [other] });
    expect(checkpoints).toBe(0);
    expect(findings.map(({ code }) => code)).toEqual(['bad_checkpoint', 'bad_checkpoint', 'bad_checkpoint']);
  });

  it('can be signed by a function that is slow and fails at first', async () => {
    const { sign } = await import('node:crypto');
    let calls = 0;
    const later = await linesOf([[agentRun('s-1'), agentRun('s-2')]], {
      checkpoints: {
        keyId: 'kms',
        maxEvents: 8,
        key: async (data) => {
          calls += 1;
          await new Promise((resolve) => setTimeout(resolve, 5));
          if (calls === 1) throw new Error('throttled');
          return sign(null, data, privateKey);
        },
      },
    });
    expect(await verifyEvents(later, { publicKeys: [publicKey] })).toMatchObject({
      checkpoints: 2,
      findings: [],
    });
  });
});

it('SeenIds recognises each id again, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2 })), (ids) => {
      const seen = new SeenIds();
      const set = new Set<string>(['']);
      for (const id of ids.filter((each) => each !== '')) {
        expect(seen.add(id)).toBe(!set.has(id));
        set.add(id);
      }
    }),
  );
});
