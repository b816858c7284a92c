// The list of sessions while files are read.
import { expect, it } from 'vitest';
import { SessionList } from '../../../src/cli/view/api/session-list.js';
import { EventIndex } from '../../../src/cli/view/stored/event-index.js';

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
