// Long work of agent-events view lets requests run in between. Its clock is counted: each look at it is a millisecond.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { fileInput } from '../../../src/cli/input/input.js';
import { RunningView } from '../../../src/cli/view/running-view.js';
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

it.each([
  ['A file', 'events.jsonl', (content: string) => Buffer.from(content)],
  ['A compressed file', 'events.jsonl.gz', (content: string) => gzipSync(content)],
])('%s is indexed in parts of 256 KB, with a turn for requests after each', async (_what, name, bytesOf) => {
  const count = 8192;
  const text = 'x'.repeat(1024);
  const line = eventLine({ type: 'EVENT_TYPE_INPUT_RECEIVED', message: { text } });
  const file = path.join(makeFolder('view-slices'), name);
  writeFileSync(file, bytesOf(line.repeat(count)));
  const view = await RunningView.start({
    inputs: [fileInput(file)],
    follow: false,
    host: '127.0.0.1',
    port: 0,
    onError: (error) => expect.fail(String(error)),
  });
  onTestFinished(() => view.close());
  let before = 0;
  let most = 0;
  while (!view.state().indexed) {
    await nextTurn();
    most = Math.max(most, view.index.events - before);
    before = view.index.events;
  }
  expect(view.index.events).toBe(count);
  // Bytes that are read meanwhile may be the next part of the same turn.
  expect(most).toBeLessThanOrEqual((2 * 256 * 1024) / line.length);
});
