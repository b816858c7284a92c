// The list of sessions while files are read.
import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SessionList } from '../../../src/cli/view/api/session-list.js';
import { EventIndex } from '../../../src/cli/view/stored/event-index.js';
import { StoredFile } from '../../../src/cli/view/stored/stored-file.js';
import { makeFolder } from '../../harness/folder.js';

const PLACE = { file: 0, offset: 0, length: 0, line: 1 };

it('A long list is not sorted again for each event while the inputs are read, and is whole afterwards', async () => {
  const index = new EventIndex();
  let filling = true;
  const list = new SessionList(index, () => filling);
  const add = (id: number) => index.add({ type: 'EVENT_TYPE_ERROR', session_id: `s${id}` }, PLACE);
  for (let id = 0; id < 100_000; id += 1) add(id);
  expect((await list.page({})).total).toBe(100_000);
  add(100_000);
  expect((await list.page({})).total).toBe(100_000);
  // Another list has not been asked for.
  expect((await list.page({ has: ['errors'] })).total).toBe(100_001);
  filling = false;
  expect((await list.page({})).total).toBe(100_001);
  add(100_001);
  expect((await list.page({})).total).toBe(100_002);
});

it('Sessions that start at one time are in the order of their first events, whatever was removed before', async () => {
  const index = new EventIndex();
  const list = new SessionList(index);
  const name = path.join(makeFolder('view-order'), 'events.jsonl');
  writeFileSync(name, '');
  const files: StoredFile[] = [];
  const add = async (sessions: readonly string[]) => {
    const handle = await open(name);
    onTestFinished(() => handle.close());
    const file = new StoredFile(name, '', handle);
    files.push(file);
    const number = index.addFile(file);
    const timestamp = '2026-03-14T09:26:53.000Z';
    for (const session_id of sessions) {
      index.add({ type: 'EVENT_TYPE_ERROR', session_id, timestamp }, { ...PLACE, file: number });
    }
  };
  await add(['a', 'b']);
  await add(['c']);
  const [first] = files;
  if (first !== undefined) index.removeFile(first);
  // The places of the first two are taken from the last one down.
  await add(['d', 'e', 'f']);
  const ids = async (order: 'asc' | 'desc') => (await list.page({ order })).rows.map(({ id }) => id);
  expect(await ids('asc')).toEqual(['c', 'd', 'e', 'f']);
  expect(await ids('desc')).toEqual(['f', 'e', 'd', 'c']);
});

it('An index keeps nothing of files that were removed, and its numbers go on', async () => {
  const index = new EventIndex();
  const name = path.join(makeFolder('view-files'), 'events.jsonl');
  writeFileSync(name, '');
  const handle = await open(name);
  onTestFinished(() => handle.close());
  const kept = new StoredFile(name, '', handle);
  const EVENTS = 20_000;
  for (let round = 0; round < 5; round += 1) {
    const file = new StoredFile(name, '', handle);
    const number = index.addFile(file);
    for (let line = 1; line <= EVENTS; line += 1) {
      index.add(
        { type: 'EVENT_TYPE_ERROR', session_id: `s${round}` },
        { file: number, offset: 0, length: 1, line },
      );
    }
    index.removeFile(file);
  }
  const number = index.addFile(kept);
  index.add(
    { type: 'EVENT_TYPE_ERROR', session_id: 'kept' },
    { file: number, offset: 7, length: 1, line: 1 },
  );
  expect([...index.files.values()]).toEqual([kept]);
  expect([index.keptEvents, index.events]).toEqual([1, 5 * EVENTS + 1]);
  expect(index.place(5 * EVENTS)).toEqual({ file: number, offset: 7, length: 1, line: 1 });
  expect(index.place(0)).toMatchObject({ length: 0 });
  // Whole chunks of events are gone, the newest one with events that were removed is not.
  expect(index.firstEvent).toBeGreaterThan(5 * EVENTS - 16_384);
  const session = index.session('kept');
  expect(session && [...index.eventsOf(session)]).toEqual([5 * EVENTS]);
  expect(index.sessions).toHaveLength(1);
});
