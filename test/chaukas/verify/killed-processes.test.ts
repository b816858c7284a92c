/**
 * Processes that are killed under load: `verify` says which, what their last event is and what is open; nothing else.
 * Source: ../shared/cases/evidence/min-11, where files that nobody touched were errors.
 */
import { fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { spanEdge } from '../../../src/chaukas/event-schema.js';
import { verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import { PROJECT } from '../../run-fixture.js';
import { parse, streamsOf } from './forging.js';

const FIXTURE = path.join(import.meta.dirname, 'fixtures/busy-process.mjs');
const KILLED = 10;

/** Starts a process and kills it after some milliseconds under load; without them it ends in order. */
async function run(args: readonly string[], killAfter?: number): Promise<void> {
  const child = fork(FIXTURE, args, { cwd: PROJECT, execArgv: [], stdio: 'inherit' });
  const exit = once(child, 'exit');
  if (killAfter !== undefined) {
    await once(child, 'message');
    await new Promise((resolve) => setTimeout(resolve, killAfter));
    child.kill('SIGKILL');
  }
  await exit;
}

/** The findings that there must be, counted here from the lines of the file; `verify` sorts by line. */
function expected(lines: readonly string[]): string[] {
  const streams = new Map<string, { last: number; open: number; hasEnd: boolean }>();
  const names = streamsOf(lines.map((line) => (line.endsWith('}') ? line : '{}')));
  for (const [at, line] of lines.entries()) {
    const name = names[at] ?? '';
    if (!line.endsWith('}')) continue;
    const stream = streams.get(name) ?? { last: 0, open: 0, hasEnd: false };
    const event = parse(line);
    const edge = spanEdge(event.type)?.edge;
    streams.set(name, {
      last: at + 1,
      open: stream.open + (edge === 'start' ? 1 : edge === 'end' ? -1 : 0),
      hasEnd: stream.hasEnd || event.metadata?.stream_sha256 !== undefined,
    });
  }
  return [...streams.values()]
    .filter(({ hasEnd }) => !hasEnd)
    .sort((a, b) => a.last - b.last)
    .map(({ last, open }) => {
      const spans = open === 1 ? '1 span has no end' : `${open} spans have no end`;
      const id = parse(lines[last - 1]).event_id;
      return `${last} warning crashed_stream: the process ended without shutdown; its last event is ${id} in line ${last}; ${spans}`;
    });
}

describe.each([
  ['without a key', 1, false],
  ['with a key', 1, true],
  ['two at the same time, without a key', 2, false],
  ['two at the same time, with a key', 2, true],
])('Ten processes that are killed, %s', (_how, atOnce, isSigned) => {
  it('are each one warning, and one for what they did not sign', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'killed-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'events.jsonl');
    const key = isSigned ? path.join(folder, 'key.pem') : '';
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    if (isSigned) writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    for (let killed = 0; killed < KILLED; killed += atOnce) {
      const runs = Array.from({ length: atOnce }, (_each, at) =>
        run([file, key, `s${at}`], killed * 7 + at * 3),
      );
      await Promise.all(runs);
    }
    await run([file, key, 's0', '20']);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const { findings } = await verifyEvents(lines, { publicKeys: isSigned ? [publicKey] : [] });
    const found = findings.map(
      ({ line, severity, code, message }) => `${line} ${severity} ${code}: ${message}`,
    );
    const torn = found.filter((each) => each.includes('warning torn_line'));
    const unsigned = found.filter((each) => each.includes('warning unsigned_events'));
    expect(found.filter((each) => !torn.includes(each) && !unsigned.includes(each))).toEqual(expected(lines));
    expect(found.filter((each) => each.includes('crashed_stream'))).toHaveLength(KILLED);
    expect(torn).toHaveLength(lines.filter((line) => !line.endsWith('}')).length);
    expect(unsigned.length).toBeLessThanOrEqual(isSigned ? KILLED : 0);
  }, 120_000);
});
