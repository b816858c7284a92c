import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ChainHead } from '../../src/chaukas/sealed-event.js';
import { readStoredEvents } from '../../src/sinks/stored-events.js';

function headsOf(...lines: readonly (string | object)[]): Record<string, ChainHead> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chain-heads-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'events.jsonl');
  fs.writeFileSync(
    file,
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );
  const fd = fs.openSync(file, 'r');
  onTestFinished(() => fs.closeSync(fd));
  return Object.fromEntries(readStoredEvents(fd).chainHeads);
}

const event = (session_id: string, content_hash: string, hash_prev: string, more = {}) => ({
  event_id: `id-${content_hash}`,
  content_hash,
  hash_prev,
  session_id,
  severity: 'SEVERITY_INFO',
  ...more,
});
const end = (event_count: number) => ({ metadata: { event_count }, type: 'EVENT_TYPE_SESSION_END' });
/** More than the tail. */
const MUCH = { metadata: { text: 'x'.repeat(9_000_000) } };

describe('The chain heads', () => {
  it.each<[what: string, lines: (string | object)[], heads: Record<string, ChainHead>]>([
    ['an empty file', [], {}],
    ['one event', [event('s', 'a', '')], { s: { hash: 'a', count: 1 } }],
    [
      'interleaved sessions',
      [event('s', 'a', ''), event('t', 'b', ''), event('s', 'c', 'a'), event('t', 'd', 'b')],
      { s: { hash: 'c', count: 2 }, t: { hash: 'd', count: 2 } },
    ],
    ['a session that has ended', [event('s', 'b', 'a', end(7))], { s: { hash: 'b', count: 7 } }],
    [
      'a session that was opened again',
      [event('s', 'b', 'a', end(7)), event('s', 'c', 'b')],
      { s: { hash: 'c', count: 8 } },
    ],
    ['a session without its beginning', [event('s', 'b', 'a')], { s: { hash: 'b', count: undefined } }],
    [
      'a chain that started again',
      [event('s', 'b', 'a', end(7)), event('s', 'c', '')],
      { s: { hash: 'c', count: 1 } },
    ],
    [
      'nested members of the same names',
      [event('s', 'a', '', { metadata: { session_id: 'x', content_hash: 'y', hash_prev: 'z' } })],
      { s: { hash: 'a', count: 1 } },
    ],
    ['texts with escapes', [event('s "1"', 'a', '')], { 's "1"': { hash: 'a', count: 1 } }],
    [
      'lines that are not events',
      [
        '',
        'no JSON',
        '[]',
        '{}',
        '{"session_id":"s"}',
        event('s', 'a', ''),
        '{"session_id":"s","content_hash":"b","hash_pr',
      ],
      { s: { hash: 'a', count: 1 } },
    ],
    [
      'a file larger than the tail',
      [event('old', 'a', ''), event('s', 'b', '', MUCH), event('s', 'c', 'b'), event('t', 'd', '')],
      { s: { hash: 'c', count: undefined }, t: { hash: 'd', count: 1 } },
    ],
  ])('are those of %s', (_what, lines, heads) => {
    expect(headsOf(...lines)).toEqual(heads);
  });

  it('are read though the last line is larger than the tail', () => {
    expect(headsOf(event('old', 'a', ''), event('s', 'b', ''), event('s', 'c', 'b', MUCH))).toEqual({
      old: { hash: 'a', count: 1 },
      s: { hash: 'c', count: 2 },
    });
  });

  it('are none in a device', () => {
    const fd = fs.openSync('/dev/null', 'r');
    onTestFinished(() => fs.closeSync(fd));
    expect(readStoredEvents(fd)).toEqual({ chainHeads: new Map(), streams: [] });
  });
});
