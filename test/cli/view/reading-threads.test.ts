// The events of more than 16 MB are read in threads. Only the built command can start them.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ViewState } from '../../../src/cli/view/view-api.js';
import { EVERY_TYPE, eventLine, printedView, startBin, temporaryFolder } from '../run-command.js';

const folder = temporaryFolder();
const everyType = readFileSync(EVERY_TYPE, 'utf8');

function written(name: string, content: string | Buffer): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** 18 MB, with lines of all kinds: torn, not JSON, of CRLF, blank, too long, longer than what is read at once. */
function largeContent(): string {
  const parts: string[] = [everyType, 'not JSON\n\n', '\ufeff', everyType.replaceAll('\n', '\r\n'), '[1]\n'];
  for (let index = 0; index < 60; index += 1) {
    const text = `${'Größe '.repeat((index % 7) * 10_000)}${'x'.repeat(200_000)}`;
    parts.push(
      eventLine({
        type: 'EVENT_TYPE_INPUT_RECEIVED',
        session_id: `session-${index % 11}`,
        message: { text },
      }),
      `${JSON.stringify({ type: 'EVENT_TYPE_ERROR', session_id: `日本-${index % 3}`, agent_name: 'a "b"' }, null, 1).replaceAll('\n', '')}\n`,
    );
  }
  parts.push(eventLine({ type: 'EVENT_TYPE_INPUT_RECEIVED', message: { text: 'y'.repeat(5_000_000) } }));
  for (let index = 0; index < 200; index += 1) parts.push(everyType);
  return `${parts.join('')}{"event_id":`;
}

const content = largeContent();
const large = written('large.jsonl', content);
const compressed = written('large.jsonl.gz', gzipSync(content));
const small = written('small.jsonl', everyType);

/** Threads announce themselves, or fail. */
const preload = (statement: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    `import { isMainThread } from 'node:worker_threads'; import { writeSync } from 'node:fs'; if (!isMainThread) ${statement}`,
  )}`,
});
const ANNOUNCE = preload(`writeSync(2, 'a thread started.');`);
const FAIL_AT_ONCE = preload(`throw new Error('no luck');`);
const FAIL_SOON = preload(`{ writeSync(2, 'a thread started.'); setTimeout(() => process.exit(3), 60); }`);

/** The answers that the page gets for some files. */
async function answersOf(files: readonly string[], env: Record<string, string>) {
  const child = startBin(['view', '--no-open', '--no-follow', ...files], { isBuilt: true, env });
  onTestFinished(() => {
    child.kill();
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const { origin, headers } = await printedView(child);
  const answer = async (address: string): Promise<unknown> =>
    (await fetch(`${origin}${address}`, { headers })).json();
  let state: ViewState;
  do state = (await answer('/api/state')) as ViewState;
  while (!state.indexed);
  const { events, sessions, sources } = state;
  const numbers = Array.from({ length: 40 }, (_, at) => Math.floor((at * (events - 1)) / 39));
  const answers = [
    { events, sessions, notices: sources.map(({ notices, bytesRead }) => ({ notices, bytesRead })) },
    await answer('/api/sessions?limit=1000&sort=events'),
    await answer('/api/overview'),
    await answer('/api/sessions/session-3'),
    ...(await Promise.all(numbers.map((number) => answer(`/api/events/${number}`)))),
  ];
  return { answers, threads: errors.split('a thread started.').length - 1 };
}

describe('A file of 18 MB', () => {
  it('is read in two threads, and has the answers that it has without, also if a thread fails', async () => {
    const { answers, threads } = await answersOf([large, small], ANNOUNCE);
    expect(threads).toBe(2);
    expect(answers[0]).toMatchObject({ events: 201 * 27 + 27 + 120 + 27 });
    const failed = await answersOf([large, small], FAIL_AT_ONCE);
    expect(failed.answers).toEqual(answers);
    const failedLater = await answersOf([large, small], FAIL_SOON);
    expect(failedLater.answers).toEqual(answers);
  });

  it('has the same answers compressed, where the threads take over in the middle', async () => {
    const { answers } = await answersOf([large], FAIL_AT_ONCE);
    const expanded = await answersOf([compressed], ANNOUNCE);
    expect(expanded.threads).toBe(2);
    const withoutSizes = (all: unknown) =>
      JSON.parse(
        JSON.stringify(all)
          .replaceAll(/"bytesRead":\d+/g, '"bytesRead":0')
          .replaceAll('large.jsonl.gz', 'large.jsonl'),
      );
    expect(withoutSizes(expanded.answers)).toEqual(withoutSizes(answers));
  });
});

it('A small file is read without threads', async () => {
  expect((await answersOf([small], ANNOUNCE)).threads).toBe(0);
});
