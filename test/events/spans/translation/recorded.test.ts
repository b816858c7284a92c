/**
 * The events of spans that were recorded from other instrumentations (`scripts/record-foreign-spans.mjs`). The expected
 * events are in `expected/`, one line per event. `UPDATE_GOLDEN=1` writes the current events there; read them before you
 * commit them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import canonicalize from 'canonicalize';
import { describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../../../src/index.js';
import { eventLines } from '../../../../src/testing/event-lines.js';
import { RECORDED, replay } from './replay.js';

const EXPECTED = path.join(import.meta.dirname, 'expected');
const NAMES = readdirSync(RECORDED).map((file) => path.basename(file, '.json'));

/** Members that the line shows itself, that differ each time, or that are computed from others and tested elsewhere. */
const LEFT_OUT: readonly string[] = [
  'event_id',
  'content_hash',
  'hash_prev',
  'type',
  'status',
  'severity',
  'author',
  'agent_id',
  'trace_id',
  'parent_span_id',
  'performance',
  'cost',
];
/** Events at shutdown have the current time, not the time of the recording. */
const AT_SHUTDOWN: readonly string[] = [...LEFT_OUT, 'timestamp'];
const TIMES: readonly string[] = ['end_time', 'duration_ms', 'execution_time_ms'];

describe('the events of recorded spans', () => {
  it.each(NAMES)('%s', async (name) => {
    const { events, atShutdown } = await replay(name);
    const lines = eventLines(events).map((line, index) => {
      const late = index >= events.length - atShutdown;
      return `${late ? 'at shutdown: ' : ''}${line} ${canonicalize(rest(events[index], late))}`;
    });
    const file = path.join(EXPECTED, `${name}.txt`);
    if (process.env.UPDATE_GOLDEN === '1') {
      mkdirSync(EXPECTED, { recursive: true });
      writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    }
    if (!existsSync(file))
      throw new Error(`${file} is missing: record it with UPDATE_GOLDEN=1, and read it.`);
    expect(lines).toEqual(readFileSync(file, 'utf8').split('\n').slice(0, -1));
  });

  it('are expected for every recording, and for nothing else', () => {
    expect(readdirSync(EXPECTED).map((file) => path.basename(file, '.txt'))).toEqual(NAMES);
  });
});

function rest(event: ChaukasEvent | undefined, late: boolean): unknown {
  const leftOut = late ? AT_SHUTDOWN : LEFT_OUT;
  const members = Object.entries(event ?? {}).filter(([name]) => !leftOut.includes(name));
  return JSON.parse(JSON.stringify(Object.fromEntries(members)), (name, value: unknown) =>
    (late && TIMES.includes(name)) || name === 'stream_id' ? undefined : value,
  );
}
