// Long work of agent-events view lets requests run in between. Its clock is counted: each look at it is a millisecond.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import type { Evidence, ViewState } from '../../../src/cli/view/view-api.js';
import * as clock from '../../../src/clock.js';
import { makeFolder } from '../../harness/folder.js';
import { eventLine } from '../run-command.js';
import { startView } from './started-view.js';

const EVENTS = 2_000;

afterEach(() => vi.restoreAllMocks());

function manyEvents(): string {
  const file = path.join(makeFolder('view-turns'), 'events.jsonl');
  writeFileSync(
    file,
    Array.from({ length: EVENTS }, (_, index) =>
      eventLine({ type: 'EVENT_TYPE_INPUT_RECEIVED', session_id: `session-${index % 50}` }),
    ).join(''),
  );
  return file;
}

it('Verification is interrupted every five milliseconds', async () => {
  const view = await startView([manyEvents()]);
  await view.until(({ indexed }: ViewState) => indexed);
  let now = clock.ticks();
  vi.spyOn(clock, 'ticks').mockImplementation(() => {
    now += 1;
    return now;
  });
  let turns = 0;
  let isOver = false;
  const count = async (): Promise<void> => {
    for (; !isOver; turns += 1) await nextTurn();
  };
  const counted = count();
  let evidence: Evidence;
  do evidence = await view.json<Evidence>('/api/evidence');
  while (evidence.state === 'running');
  isOver = true;
  await counted;
  expect(evidence.state).toBe('done');
  // The clock is looked at once for each event.
  expect(turns).toBeGreaterThanOrEqual(EVENTS / 6);
});
