// The sources of agent-events view: files that grow and rotate, folders, gzip, standard input.
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventDetail, SessionPage, ViewState } from '../../../src/cli/view/view-api.js';
import { eventLine, temporaryFolder } from '../run-command.js';
import { type StartedView, startView } from './started-view.js';

const root = temporaryFolder();
let folders = 0;

function newFolder(): string {
  folders += 1;
  const folder = path.join(root, String(folders));
  mkdirSync(folder);
  return folder;
}

/** An event that shows where it comes from: its session is its name. */
const named = (name: string, second = 0) =>
  eventLine({
    type: 'EVENT_TYPE_INPUT_RECEIVED',
    session_id: name,
    timestamp: new Date(Date.UTC(2026, 2, 14, 9, 0, second)).toISOString(),
  });

/** The session of each event, read again from the file that has it. */
async function allRead({ json }: StartedView): Promise<unknown[]> {
  const { events } = await json<ViewState>('/api/state');
  const details = [];
  for (let number = 0; number < events; number += 1)
    details.push(await json<EventDetail>(`/api/events/${number}`));
  return details.map(({ event }) => event.session_id);
}

describe('A file', () => {
  it('is followed while it grows, line by line', async () => {
    const file = path.join(newFolder(), 'events.jsonl');
    writeFileSync(file, named('a'));
    const view = await startView([file]);
    const next = named('b');
    appendFileSync(file, next.slice(0, 50));
    appendFileSync(file, next.slice(50) + named('c'));
    await view.until(({ events }) => events === 3);
    expect(await allRead(view)).toEqual(['a', 'b', 'c']);
  });

  it('is waited for', async () => {
    const file = path.join(newFolder(), 'later.jsonl');
    const view = await startView([file]);
    expect((await view.json<ViewState>('/api/state')).sources[0]?.notices).toEqual([
      'does not exist yet; waiting for it',
    ]);
    writeFileSync(file, named('a'));
    await view.until(({ events }) => events === 1);
    expect(await allRead(view)).toEqual(['a']);
  });

  it('that does not exist is a notice without following', async () => {
    const view = await startView([path.join(newFolder(), 'none.jsonl')], { follow: false });
    const { sources, indexed, live } = await view.json<ViewState>('/api/state');
    expect([sources[0]?.notices, indexed, live]).toEqual([['no such file'], true, false]);
  });

  it('is followed across rotation by renaming, and its earlier events can still be read', async () => {
    const folder = newFolder();
    const file = path.join(folder, 'events.jsonl');
    writeFileSync(file, named('a'));
    const view = await startView([file]);
    renameSync(file, `${file}.1`);
    writeFileSync(file, named('b'));
    await view.until(({ events }) => events === 2);
    rmSync(`${file}.1`);
    expect(await allRead(view)).toEqual(['a', 'b']);
  });

  it('is followed across rotation by truncating, and says that its earlier events are gone', async () => {
    const file = path.join(newFolder(), 'events.jsonl');
    writeFileSync(file, named('a') + named('b'));
    const view = await startView([file]);
    truncateSync(file, 0);
    await view.until(({ sources }) => sources[0]?.notices.length === 1);
    appendFileSync(file, named('c'));
    await view.until(({ events }) => events === 3);
    const gone = await view.get('/api/events/0');
    expect([gone.status, await gone.json()]).toEqual([
      410,
      { problem: 'The file no longer has this event: it was truncated or rotated away.' },
    ]);
    expect((await view.json<EventDetail>('/api/events/2')).event.session_id).toBe('c');
  });

  it('may end without a line end if it is not followed', async () => {
    const file = path.join(newFolder(), 'events.jsonl');
    writeFileSync(file, named('a') + named('b').trimEnd());
    const view = await startView([file], { follow: false });
    expect(await allRead(view)).toEqual(['a', 'b']);
  });

  it('of one million bytes is read with the right places', async () => {
    const file = path.join(newFolder(), 'events.jsonl');
    const names = Array.from({ length: 3000 }, (_, index) => `grün-${index}-${'x'.repeat(index % 300)}`);
    writeFileSync(file, names.map((name) => `${named(name).trimEnd()}\r\n\n`).join(''));
    const view = await startView([file]);
    for (const number of [0, 1, 777, 1500, 2999]) {
      const { event, line } = await view.json<EventDetail>(`/api/events/${number}`);
      expect([event.session_id, line]).toEqual([names[number], 2 * number + 1]);
    }
    const { rows } = await view.json<SessionPage>('/api/sessions?q=gr%C3%BCn-777-');
    expect(rows.map(({ id }) => id)).toEqual([names[777]]);
    const ascii = await view.json<SessionPage>('/api/sessions?q=N-1500-');
    expect(ascii.rows.map(({ id }) => id)).toEqual([names[1500]]);
  });
});

describe('A folder', () => {
  it('has its files in the order of their time, rotated and compressed ones included', async () => {
    const folder = newFolder();
    writeFileSync(path.join(folder, 'events.jsonl'), named('4', 4));
    writeFileSync(path.join(folder, 'events.jsonl.1'), named('3', 3));
    writeFileSync(path.join(folder, 'events.jsonl.20260314T090002Z'), named('2', 2));
    writeFileSync(path.join(folder, 'events.jsonl.20260314T090001Z.gz'), gzipSync(named('1', 1)));
    writeFileSync(path.join(folder, 'old-events.jsonl.gz'), gzipSync(named('0', 0)));
    writeFileSync(path.join(folder, 'notes.txt'), named('no'));
    writeFileSync(path.join(folder, 'events.jsonl.gz.partial'), named('no'));
    mkdirSync(path.join(folder, 'folder.jsonl'));
    const view = await startView([folder]);
    expect(await allRead(view)).toEqual(['0', '1', '2', '3', '4']);
  });

  it('is watched for new files, and a renamed one is not read again', async () => {
    const folder = newFolder();
    const file = path.join(folder, 'events.jsonl');
    writeFileSync(file, named('a'));
    const view = await startView([folder]);
    renameSync(file, `${file}.1`);
    writeFileSync(file, named('b'));
    writeFileSync(path.join(folder, 'other.jsonl'), named('c'));
    await view.until(({ events, sources }) => events === 3 && sources.length === 2);
    copyFileSync(path.join(folder, 'other.jsonl'), path.join(folder, 'copy.jsonl'));
    await view.until(({ events }) => events === 4);
    expect((await allRead(view)).sort()).toEqual(['a', 'b', 'c', 'c']);
  });

  it('without such files says what it looks for', async () => {
    const view = await startView([newFolder()]);
    const { sources } = await view.json<ViewState>('/api/state');
    expect(sources.flatMap(({ notices }) => notices)).toEqual(['has no files *.jsonl or *.jsonl.gz']);
  });
});

describe('Input that cannot be read from its middle', () => {
  beforeEach(() => {
    vi.stubEnv('TMPDIR', newFolder());
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each([
    ['gzip', 'gzip'],
    ['standard input', 'stdin'],
  ])('is expanded to a file that only its owner can read, and that is removed: %s', async (_, kind) => {
    const lines = named('a') + named('b');
    const file = path.join(newFolder(), 'events.jsonl.gz');
    writeFileSync(file, gzipSync(lines));
    const stdin = new PassThrough();
    stdin.end(lines);
    const view = await startView([kind === 'gzip' ? file : stdin]);
    expect(await allRead(view)).toEqual(['a', 'b']);
    const entries = readdirSync(tmpdir(), { recursive: true, encoding: 'utf8' }).sort();
    const modes = entries.map((name) => statSync(path.join(tmpdir(), name)).mode & 0o777);
    expect(entries).toEqual([expect.stringMatching(/^agent-events-view-/), expect.any(String)]);
    // Windows does not have these permissions.
    if (process.platform !== 'win32') expect(modes).toEqual([0o700, 0o600]);
    await view.close();
    expect(readdirSync(tmpdir())).toEqual([]);
  });

  it('from a pipe shows events as they arrive', async () => {
    const stdin = new PassThrough();
    stdin.write(named('a'));
    const starting = startView([stdin], { follow: true });
    setTimeout(() => stdin.end(named('b')), 300);
    const view = await starting;
    expect(await allRead(view)).toEqual(['a', 'b']);
  });

  it('that is damaged shows what is before the damage', async () => {
    const file = path.join(newFolder(), 'events.jsonl.gz');
    const lines = Array.from({ length: 2000 }, (_, index) => named(`s${index}`)).join('');
    const compressed = gzipSync(lines);
    writeFileSync(file, compressed.subarray(0, compressed.length / 2));
    const view = await startView([file]);
    const { events, sources } = await view.json<ViewState>('/api/state');
    expect(events).toBeGreaterThan(100);
    expect(sources[0]?.notices.at(-1)).toMatch(/the gzip data ends early/);
  });
});
