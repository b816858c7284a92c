import { describe, expect, it } from 'vitest';
import { AuditStream } from '../../../src/events/audit-stream.js';
import type { EventSession } from '../../../src/events/sessions/session.js';
import { SessionLedger, SessionSpanIds } from '../../../src/events/sessions/session-ledger.js';

const TIME = '2026-01-01T00:00:00Z';

describe('SessionSpanIds', () => {
  it('holds several sessions per span id', () => {
    const ids = new SessionSpanIds(10);
    for (const session of ['s-1', 's-2', 's-1', 's-3']) ids.add(session, 'a');
    ids.add('s-1', 'b');
    const known = (spanId: string) =>
      ['s-1', 's-2', 's-3', 's-4'].filter((session) => ids.has(session, spanId));
    expect(known('a')).toEqual(['s-1', 's-2', 's-3']);
    expect(known('b')).toEqual(['s-1']);
    expect(known('c')).toEqual([]);
  });

  it('forgets what was added first when it is full', () => {
    const ids = new SessionSpanIds(2);
    for (const spanId of ['a', 'b', 'c']) ids.add('s-1', spanId);
    expect(['a', 'b', 'c'].map((spanId) => ids.has('s-1', spanId))).toEqual([false, true, true]);
  });
});

describe('SessionLedger', () => {
  it('looks at none of many busy sessions in order to open another one', () => {
    const ledger = new SessionLedger(new AuditStream({}, () => {}), 60_000, 'stream-1');
    let reads = 0;
    const open = (n: number) => {
      const traceId = n.toString(16).padStart(32, '0');
      const spanId = n.toString(16).padStart(16, '0');
      const session = ledger.obtain({
        traceId,
        spanId,
        timestamp: TIME,
        explicitId: undefined,
        metadata: {},
      });
      ledger.spanStarted(session, false);
      let { openSpans } = session;
      Object.defineProperty(session, 'openSpans', {
        get() {
          reads += 1;
          return openSpans;
        },
        set(value: number) {
          openSpans = value;
        },
      });
      return session;
    };
    const sessions = Array.from({ length: 10_000 }, (_, n) => open(n));
    for (let n = 0; n < 1_000; n += 1) open(10_000 + n);
    expect(reads).toBe(0);
    for (const session of sessions) ledger.spanEnded(session, false, TIME);
    expect(reads).toBeLessThan(10 * sessions.length);
    reads = 0;
    // The session that has been quiet for longest makes room, although others are older or busy.
    ledger.touch(sessions[0] as EventSession);
    const busy = open(20_000);
    expect([sessions[0]?.ended, sessions[1]?.ended, sessions[2]?.ended, busy.ended]).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(reads).toBeLessThan(10);
  });
});
