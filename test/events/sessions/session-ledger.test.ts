import { describe, expect, it } from 'vitest';
import { SessionSpanIds } from '../../../src/events/sessions/session-ledger.js';

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
