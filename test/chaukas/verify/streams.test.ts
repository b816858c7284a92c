import { describe, expect, it } from 'vitest';
import { verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import { PUBLIC_KEY, SIGNING, TEST_KEY, WRITERS, written } from './sample-files.js';
import { TestProcess } from './test-process.js';

const found = async (lines: readonly string[], publicKeys: (typeof PUBLIC_KEY)[] = []) =>
  (await verifyEvents(lines, { publicKeys })).findings.map(
    ({ line, severity, code, message }) => `${line} ${severity} ${code}: ${message}`,
  );

const last = (file: readonly string[]) => JSON.parse(file.at(-1) ?? '').event_id as string;

describe.each(Object.keys(WRITERS))('A file with %s', (writer) => {
  it.each(Object.entries(SIGNING))('%s verifies clean', async (_how, options) => {
    const file = written(writer, options);
    expect(await found(file)).toEqual([]);
    if (options.key) expect(await found(file, [PUBLIC_KEY])).toEqual([]);
  });
});

describe('A process that is killed', () => {
  it('is an error until another one has written to the file, since its end may have been cut', async () => {
    const file: string[] = [];
    new TestProcess(file).whole('a').leaveOpen('b');
    const end = `its last event is ${last(file)} in line 13; 4 spans have no end`;
    const line = `13 error unclosed_stream: the stream has no END, and no later stream names its last event; ${end}`;
    expect(await found(file)).toEqual([line]);
    new TestProcess(file).whole('c').shutdown();
    expect(await found(file)).toEqual([
      `13 warning crashed_stream: the process ended without shutdown; ${end}`,
    ]);
  });

  it('may leave a torn line', async () => {
    const file: string[] = [];
    new TestProcess(file).whole('a').leaveOpen('b');
    file.push('{"agent_name":"des');
    expect((await found(file)).map((finding) => finding.slice(0, 24))).toEqual([
      '13 error unclosed_stream',
      '14 error torn_line: the ',
    ]);
    new TestProcess(file).whole('c').shutdown();
    expect((await found(file)).map((finding) => finding.slice(0, 25))).toEqual([
      '13 warning crashed_stream',
      '14 warning torn_line: the',
    ]);
    // One crash tears one line.
    file.splice(14, 0, '{"agent_name":"desk"');
    expect((await found(file)).map((finding) => finding.slice(0, 24))).toContain('15 error unreadable_line');
  });

  it('leaves events behind its newest checkpoint unsigned', async () => {
    const file: string[] = [];
    new TestProcess(file, { key: TEST_KEY, maxEvents: 6 }).whole('a').leaveOpen('b');
    new TestProcess(file, { key: TEST_KEY, maxEvents: 6 }).whole('c').shutdown();
    expect((await found(file, [PUBLIC_KEY])).map((finding) => finding.replace(/its last .*/, '…'))).toEqual([
      '1 warning unsigned_events: 5 events behind the newest checkpoint of the stream are not signed',
      '15 warning crashed_stream: the process ended without shutdown; …',
    ]);
  });

  it('loses nothing silently: events that vanish after the crash are missed', async () => {
    const file: string[] = [];
    new TestProcess(file).whole('a').leaveOpen('b');
    const crashedAt = file.length;
    new TestProcess(file).whole('c').shutdown();
    for (let from = 1; from < crashedAt; from += 1) {
      const cut = [...file.slice(0, from), ...file.slice(crashedAt)];
      expect((await found(cut)).join()).toContain('error removed_event');
    }
  });
});

describe('A process that exits', () => {
  it('closes its stream, and its open spans are warnings', async () => {
    const file: string[] = [];
    new TestProcess(file).whole('a').leaveOpen('b').exit();
    expect(await found(file)).toEqual([
      '11 warning missing_end: SESSION_START has no END: the process exited without a shutdown',
      '12 warning missing_end: AGENT_START has no END: the process exited without a shutdown',
      '13 warning missing_end: MODEL_INVOCATION_START has no END: the process exited without a shutdown',
    ]);
  });

  it('has ended all its spans if it says that it shut down', async () => {
    const file: string[] = [];
    new TestProcess(file).leaveOpen('b').end('shutdown');
    expect((await found(file)).map((finding) => finding.slice(0, 19))).toEqual([
      '3 error missing_end',
      '4 error missing_end',
      '5 error missing_end',
    ]);
  });
});
