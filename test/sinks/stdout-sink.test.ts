import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/chaukas/canonical-json.js';
import { StdoutSink } from '../../src/sinks/stdout-sink.js';
import { makeEvent, numberOf } from '../delivery/make-event.js';
import { fixtureCommand, PROJECT, runFixture } from '../run-fixture.js';

/** Runs a script that sends events. Its output can be closed before the first one. */
async function runStdout({ reader }: { reader: boolean }) {
  const [command, args] = fixtureCommand(path.join(import.meta.dirname, 'fixtures/stdout.ts'));
  const child = spawn(command, args, { cwd: PROJECT, stdio: 'pipe' });
  if (!reader) child.stdout.destroy();
  const output = reader ? text(child.stdout) : Promise.resolve('');
  const reports = text(child.stderr);
  child.stdin.write('go');
  const [code] = await once(child, 'exit');
  return { code, output: await output, reports: (await reports).trim().split('\n') };
}

describe('StdoutSink', () => {
  it('writes one line of JSON per event, in order, and leaves standard output open', async () => {
    const { code, output, reports } = await runStdout({ reader: true });
    expect(code).toBe(0);
    expect(reports).toEqual(['ready', 'taken', 'taken', 'taken', 'listeners left behind: false']);
    const lines = output.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      ...[1, 2, 3].flatMap((n) => [makeEvent(n), makeEvent(n + 10, 'two\nlines, ключ')]),
      { application: 'goes on' },
    ]);
  });

  // As in `node app | head`: the application must not end for its audit events.
  it('refuses events if the reader is gone, and does not end the process', async () => {
    const { code, reports } = await runStdout({ reader: false });
    expect(reports[0]).toBe('ready');
    expect(reports.slice(1, 4)).toEqual(['refused', 'refused', 'refused']);
    expect(reports.at(-1)).toBe('listeners left behind: false');
    expect([code, reports.length]).toEqual([0, 5]);
  });

  it.each([
    ['exit', 1],
    ['exit', 5_000],
    ['throw', 5_000],
    ['exit while a batch is being written', 500],
    ['exit while a batch is being written', 5_000],
  ])('loses nothing at the end of the process: %s, with %i events unsent', (end, count) => {
    const script = path.join(import.meta.dirname, '../delivery/fixtures/exit.ts');
    const { stdout, status } = runFixture(script, '-', String(count), end);
    const lines = stdout.split('\n').slice(0, -1);
    expect(lines.map((line) => numberOf(JSON.parse(line)))).toEqual(
      Array.from({ length: count }, (_, index) => index + 1),
    );
    expect(status).toBe(end === 'throw' ? 1 : 0);
  });

  it.each([
    [false, 0],
    [true, 2],
  ])('writes audit events and CloudEvents with pretty %j, also at the exit', (pretty, indent) => {
    const script = path.join(import.meta.dirname, 'fixtures/pretty.ts');
    const { stdout, status } = runFixture(script, String(pretty));
    const event = { specversion: '1.0', id: '1', source: '/s', type: 't', data: { text: 'a\nb' } };
    const canonical = JSON.parse(canonicalJson(makeEvent(1) as never));
    const expected = [canonical, event, canonical, event];
    expect(stdout).toBe(expected.map((written) => `${JSON.stringify(written, null, indent)}\n`).join(''));
    expect(status).toBe(0);
  });

  it('refuses options that it does not know', () => {
    expect(() => new StdoutSink({ pretty: 'yes' } as never)).toThrow(
      `StdoutSink: option "pretty" is 'yes'; it must be true or false`,
    );
    expect(() => new StdoutSink({ color: true } as never)).toThrow('unknown option "color"');
  });

  it('has a name', () => {
    expect(new StdoutSink().name).toBe('stdout');
  });
});
