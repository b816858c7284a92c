import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import { EVERY_TYPE, eventLine, runCommand, temporaryFolder } from './run-command.js';

const folder = temporaryFolder();

test('tail shows the last events, one per line', async () => {
  expect(await runCommand(['tail', '-n', '4', EVERY_TYPE])).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: `
2026-03-14T09:26:57.835Z  OUTPUT_EMITTED          order-1042  refunds  "Your 42.50 EUR will be in your bank account within three days."
2026-03-14T09:26:57.836Z  AGENT_END               order-1042  refunds
2026-03-14T09:26:57.837Z  SESSION_END             order-1042  24 events
2026-03-14T09:26:57.838Z  SESSION_END             stream-01931f2a-7c00-7000-8000-000000000000  3 events
`.trimStart(),
  });
});

const FILTERS: readonly [what: string, flags: string[], types: string[]][] = [
  ['no filter', ['-n', '3'], ['AGENT_END', 'SESSION_END', 'SESSION_END']],
  ['no events', ['-n', '0'], []],
  ['a short type', ['--type', 'ERROR'], ['ERROR']],
  [
    'types in any case, in full, in a list and repeated',
    ['--type', 'retry,event_type_error', '--type', 'Data_Access'],
    ['RETRY', 'DATA_ACCESS', 'ERROR'],
  ],
  ['a pair', ['--type', 'mcp_call'], ['MCP_CALL_START', 'MCP_CALL_END']],
  ['a type of a newer spec', ['--type', 'EVENT_TYPE_OF_TOMORROW'], []],
  ['an agent', ['--agent', 'refunds', '-n', '2'], ['OUTPUT_EMITTED', 'AGENT_END']],
  ['an agent by a pattern', ['--agent', 't*e', '-n', '1'], ['AGENT_END']],
  ['a session', ['--session', 'stream-*'], ['SESSION_START', 'SYSTEM', 'SESSION_END']],
  ['warnings and above', ['--severity', 'warning'], ['RETRY', 'ERROR']],
  ['errors', ['--severity', 'SEVERITY_ERROR'], ['ERROR']],
  [
    'all criteria',
    ['--severity', 'info', '--agent', 'triage', '--type', 'AGENT', '--session', 'order-1042'],
    ['AGENT_START', 'AGENT_END'],
  ],
];

test.each(FILTERS)('filter: %s', async (_, flags, types) => {
  const { exitCode, stdout } = await runCommand(['tail', '--json', ...flags, EVERY_TYPE]);
  expect(exitCode).toBe(0);
  const shown = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).type);
  expect(shown).toEqual(types.map((type) => `EVENT_TYPE_${type}`));
});

test('a severity of a newer specification ranks highest, and a missing one counts as INFO', async () => {
  const lines = ['SEVERITY_FATAL', undefined, 'SEVERITY_DEBUG', 'SEVERITY_WARN'].map((severity) =>
    eventLine({ severity }),
  );
  const shown = async (level: string) =>
    (await runCommand(['tail', '--json', '--severity', level], { stdin: lines.join('') })).stdout;
  expect(await shown('error')).toBe(lines[0]);
  expect(await shown('info')).toBe(`${lines[0]}${lines[1]}${lines[3]}`);
  expect(await shown('debug')).toBe(lines.join(''));
});

test('an unknown type and hostile text are shown escaped', async () => {
  const line = eventLine({
    type: 'EVENT_TYPE_\u001b[2J',
    agent_name: 'a\nb',
    timestamp: 'no\rtime',
    metadata: { x: '\u202e' },
  });
  expect((await runCommand(['tail'], { stdin: line })).stdout).toBe(
    'no\\rtime  \\u001b[2J                    s1  a\\nb  {"x":"\\u202e"}\n',
  );
});

test('--json prints the lines unchanged', async () => {
  const line = '{"type":"EVENT_TYPE_SYSTEM", "metadata":{"n":12345678901234567890, "m":1.0}}';
  expect((await runCommand(['tail', '--json'], { stdin: `\ufeff${line}\r\n\r\n` })).stdout).toBe(`${line}\n`);
});

test('-n counts events and no other lines', async () => {
  const stdin = `${eventLine({ event_id: '1' })}${eventLine({ event_id: '2' })}one\ntwo\n${eventLine({ event_id: '3' })}three`;
  const { exitCode, stdout, stderr } = await runCommand(['tail', '--json', '-n', '2'], { stdin });
  expect({ exitCode, stdout }).toEqual({
    exitCode: 3,
    stdout: eventLine({ event_id: '2' }) + eventLine({ event_id: '3' }),
  });
  expect(stderr.match(/standard input:\d/g)).toEqual([3, 4, 6].map((line) => `standard input:${line}`));
});

describe('-f', () => {
  /** Follows files in this process until the test is over. */
  function follow(...args: string[]) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    let [printed, messages] = ['', ''];
    stdout.on('data', (chunk) => {
      printed += chunk;
    });
    stderr.on('data', (chunk) => {
      messages += chunk;
    });
    const ended = runCommandLine(['tail', '-f', '--json', ...args], {
      stdin: Readable.from([]),
      stdout,
      stderr,
      env: {},
      cwd: process.cwd(),
    });
    const stop = async () => {
      // The output is closed. The command notices with the next event.
      stdout.destroy();
      for (const file of args.filter((arg) => arg.startsWith(folder)))
        appendFileSync(file, eventLine({ event_id: 'end' }));
      return ended;
    };
    onTestFinished(async () => {
      expect(await stop()).toBeOneOf([0, 3]);
    });
    const ids = () =>
      printed
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).event_id);
    return {
      shows: (...expected: string[]) =>
        vi.waitFor(() => expect(ids()).toEqual(expected), { timeout: 30_000 }),
      reports: (...expected: string[]) =>
        vi.waitFor(() => expect(messages.split('\n').filter((line) => line !== '')).toEqual(expected), {
          timeout: 30_000,
        }),
    };
  }
  const event = (event_id: string) => eventLine({ event_id });
  const newFile = (name: string) => path.join(folder, name);

  test('shows appended lines, each when it is complete', async () => {
    const file = newFile('appended.jsonl');
    writeFileSync(file, event('1') + event('2') + event('3'));
    const tail = follow('-n', '2', file);
    await tail.shows('2', '3');
    const line = event('4');
    appendFileSync(file, line.slice(0, 20));
    appendFileSync(file, line.slice(20) + event('5'));
    await tail.shows('2', '3', '4', '5');
    appendFileSync(file, `garbage\n${event('6')}`);
    await tail.shows('2', '3', '4', '5', '6');
    await tail.reports(
      `agent-events: ${file}:6: not JSON (Unexpected token 'g', "garbage" is not valid JSON)`,
    );
  });

  test('waits for a file that does not exist yet', async () => {
    const file = newFile('later.jsonl');
    const tail = follow(file);
    await tail.reports(`agent-events: ${file}: does not exist yet; waiting for it`);
    writeFileSync(file, event('1'));
    await tail.shows('1');
  });

  test('continues with the new file when the log is rotated by renaming', async () => {
    const file = newFile('renamed.jsonl');
    writeFileSync(file, event('1'));
    const tail = follow(file);
    await tail.shows('1');
    renameSync(file, `${file}.1`);
    appendFileSync(`${file}.1`, event('2'));
    writeFileSync(file, event('3'));
    await tail.shows('1', '2', '3');
    appendFileSync(file, event('4'));
    await tail.shows('1', '2', '3', '4');
    await tail.reports(`agent-events: ${file}: was replaced; reading the new one`);
  });

  test('continues when the file is deleted and created again', async () => {
    const file = newFile('deleted.jsonl');
    writeFileSync(file, event('1'));
    const tail = follow(file);
    await tail.shows('1');
    rmSync(file);
    writeFileSync(file, event('2') + event('3'));
    await tail.shows('1', '2', '3');
  });

  test('continues when the log is rotated by copying and truncating', async () => {
    const file = newFile('cut.jsonl');
    writeFileSync(file, event('1') + event('2'));
    const tail = follow(file);
    await tail.shows('1', '2');
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
    appendFileSync(file, event('3'));
    await tail.shows('1', '2', '3');
    await tail.reports(`agent-events: ${file}: was truncated; reading it from its beginning`);
  });

  test('filters events and follows several files', async () => {
    const files = [newFile('a.jsonl'), newFile('b.jsonl')] as const;
    for (const file of files) writeFileSync(file, '');
    const tail = follow('--type', 'error', ...files);
    const error = (event_id: string) => eventLine({ event_id, type: 'EVENT_TYPE_ERROR' });
    appendFileSync(files[0], event('0') + error('1'));
    await tail.shows('1');
    appendFileSync(files[1], error('2') + event('3'));
    await tail.shows('1', '2');
  });

  test('shows each event of a pipe as it arrives, and ends with the pipe', async () => {
    const stdin = [...'123'].map((id) => Buffer.from(event(id)));
    const { exitCode, stdout } = await runCommand(['tail', '-f', '-n', '1', '--json'], { stdin });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: event('1') + event('2') + event('3') });
  });

  test.skipIf(process.platform === 'win32')('shows each event of a named pipe as it arrives', async () => {
    const pipe = newFile('pipe');
    execFileSync('mkfifo', [pipe]);
    const written = writeFile(pipe, event('1') + event('2'));
    const { exitCode, stdout } = await runCommand(['tail', '-f', '-n', '1', '--json', pipe]);
    await written;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: event('1') + event('2') });
  });

  test('shows the last events of a gzip file and reports that it is not followed', async () => {
    const file = newFile('old.jsonl.gz');
    writeFileSync(file, gzipSync(event('1') + event('2')));
    expect(await runCommand(['tail', '-f', '-n', '1', '--json', file])).toEqual({
      exitCode: 0,
      stdout: event('2'),
      stderr: `agent-events: ${file}: is gzip and is not followed\n`,
    });
  });

  test('reports a folder and ends', async () => {
    expect(await runCommand(['tail', '-f', folder])).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: `agent-events: ${folder}: is a directory; name the files in it, such as ${folder}/*.jsonl\n`,
    });
  });
});
