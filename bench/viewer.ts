/**
 * Measures `agent-events view`: how long a file takes to open beside `agent-events stats`, how long answers take, and
 * memory, on event files that the package makes.
 *
 *     npm run bench:viewer            10 MB, 100 MB and 1 GB
 *     npm run bench:viewer -- 10 100  these sizes, in MB
 *
 * The files stay in `.cache/viewer/`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventFile } from './event-file.js';

const ROOT = resolve(fileURLToPath(new URL('../../', import.meta.url)));
const FOLDER = join(ROOT, '.cache/viewer');
const MAIN = join(ROOT, 'dist/cli/main.js');

const MEGABYTE = 1e6;
/** Each answer is measured so often, and the longest time counts. */
const ROUNDS = 5;

/** Elapsed and processor time of `agent-events stats`. */
async function statsSeconds(file: string): Promise<{ elapsed: number; processor: number }> {
  const before = performance.now();
  const usage = `process.on('exit', () => process.stderr.write(String(process.cpuUsage().user + process.cpuUsage().system)))`;
  const preload = `data:text/javascript,${encodeURIComponent(usage)}`;
  const child = spawn(process.execPath, ['--import', preload, MAIN, 'stats', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.on('data', (chunk: Buffer) => {
    printed += chunk;
  });
  await once(child, 'close');
  return { elapsed: (performance.now() - before) / 1000, processor: Number(printed) / 1e6 };
}

/** The most memory that a process had so far, in MB; Linux only. */
function peakMegabytes(child: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1000;
  } catch {
    return Number.NaN;
  }
}

interface Page {
  readonly child: ChildProcess;
  json<Answer>(path: string): Promise<Answer>;
}

interface State {
  readonly events: number;
  readonly sessions: number;
  readonly indexed: boolean;
}

interface Sessions {
  readonly rows: readonly { readonly id: string }[];
  readonly total: number;
  readonly searched: number;
}

interface EvidenceState {
  readonly state: string;
}

async function openView(file: string): Promise<Page> {
  const child = spawn(process.execPath, [MAIN, 'view', file, '--no-open', '--no-follow'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += chunk;
    if (printed.includes('\n')) break;
  }
  const url = new URL(printed.trim());
  const headers = { authorization: `Bearer ${url.searchParams.get('token')}` };
  const json = async <Answer>(path: string): Promise<Answer> => {
    const response = await fetch(url.origin + path, { headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };
  return { child, json };
}

/** The longest of several answers, in milliseconds. The first one counts, too. */
async function longest(page: Page, paths: readonly string[]): Promise<number> {
  const clicks = new Clicks();
  for (let round = 0; round < ROUNDS; round += 1) await clicks.ask(page, paths);
  return clicks.max;
}

/** How long answers took, in milliseconds. */
class Clicks {
  readonly #times: { readonly path: string; readonly took: number }[] = [];

  get max(): number {
    return this.#sorted.at(-1)?.took ?? Number.NaN;
  }

  get #sorted() {
    return this.#times.toSorted((a, b) => a.took - b.took);
  }

  /** One request after the other, as a person clicks. */
  async ask(page: Page, paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const before = performance.now();
      await page.json(path);
      this.#times.push({ path, took: performance.now() - before });
    }
  }

  /** Half of the answers, nine of ten, and all took at most so long; the last with what was asked for. */
  print(phase: string): void {
    const sorted = this.#sorted;
    const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1]?.took ?? Number.NaN;
    row(`a click ${phase}, p50 of ${sorted.length}`, at(0.5), 'ms');
    row('… p90', at(0.9), 'ms');
    for (const { path, took } of sorted.slice(-3).reverse()) row(`… longest: ${shortPath(path)}`, took, 'ms');
  }
}

function row(what: string, value: number, unit: string): void {
  console.log(`  ${what.padEnd(58)} ${value.toFixed(value < 10 ? 1 : 0).padStart(7)} ${unit}`);
}

/** Without the id of a session. */
function shortPath(path: string): string {
  return path.replace(/[0-9a-f-]{20,}|\d+$/, 'ID');
}

/** The processor time of a child process so far, in seconds; Linux only. */
function processorSeconds(child: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    // `utime` and `stime`, in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

/** What a person clicks at: a session, an event, another order, the overview. */
const clicksAt = (id: string, event: number): readonly string[] => [
  `/api/sessions/${id}`,
  `/api/events/${event}`,
  '/api/sessions?sort=cost',
  '/api/overview',
];

async function measure(megabytes: number): Promise<void> {
  const file = await eventFile(FOLDER, megabytes);
  const stats = await statsSeconds(file);
  const before = performance.now();
  const page = await openView(file);
  try {
    let state = await page.json<State>('/api/state');
    const indexing = new Clicks();
    for (let at = 0; !state.indexed; at += 1) {
      if (state.sessions > 0) {
        const [row] = (await page.json<Sessions>('/api/sessions?limit=1')).rows;
        const paths = clicksAt(encodeURIComponent(row?.id ?? ''), state.events >> 1);
        await indexing.ask(page, paths.slice(at % paths.length, (at % paths.length) + 1));
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
      state = await page.json<State>('/api/state');
    }
    const opened = (performance.now() - before) / 1000;
    const openedProcessor = processorSeconds(page.child);
    const opening = peakMegabytes(page.child);
    console.log(
      `\n${(statSync(file).size / MEGABYTE).toFixed(0)} MB, ${state.events.toLocaleString('en')} events, ` +
        `${state.sessions.toLocaleString('en')} sessions`,
    );
    row('agent-events stats', stats.elapsed, 's');
    row('… processor time', stats.processor, 's');
    row('agent-events view, until all is read', opened, 's');
    row('… processor time, with the clicks', openedProcessor, 's');
    indexing.print('meanwhile');
    const { rows, total } = await page.json<Sessions>('/api/sessions?limit=1000');
    const id = encodeURIComponent(rows[rows.length >> 1]?.id ?? '');
    const middle = state.events >> 1;
    row('sessions, first page', await longest(page, ['/api/sessions']), 'ms');
    row(
      'sessions, in each order, and from the middle',
      await longest(page, [
        ...['start', 'duration', 'agent', 'cost', 'tokens', 'errors'].map(
          (sort) => `/api/sessions?sort=${sort}&order=asc`,
        ),
        `/api/sessions?offset=${total >> 1}`,
      ]),
      'ms',
    );
    row(
      'sessions, filtered',
      await longest(page, [
        '/api/sessions?agent=d*k&has=errors',
        '/api/sessions?model=gpt*&outcome=completed&sort=cost',
        '/api/sessions?tool=look_up_order&until=1900000000000',
      ]),
      'ms',
    );
    row('one session', await longest(page, [`/api/sessions/${id}`]), 'ms');
    row('its conversation', await longest(page, [`/api/sessions/${id}/conversation`]), 'ms');
    row('one event', await longest(page, [`/api/events/${middle}`, `/api/events/${state.events - 1}`]), 'ms');
    for (const [what, text] of [
      ['text that no event has', 'no event says this'],
      ['text that is not ASCII', 'Größe'],
    ] as const) {
      const path = `/api/sessions?q=${encodeURIComponent(text)}`;
      const started = performance.now();
      let found = await page.json<Sessions>(path);
      const first = performance.now() - started;
      let other = 0;
      while (found.searched < 1) {
        const asked = performance.now();
        await page.json(`/api/events/${middle}`);
        other = Math.max(other, performance.now() - asked);
        found = await page.json<Sessions>(path);
      }
      row(`search for ${what}, first answer`, first, 'ms');
      row('… until all is searched', (performance.now() - started) / 1000, 's');
      row('… longest answer meanwhile', other, 'ms');
    }
    const paths = clicksAt(id, middle);
    const verifying = performance.now();
    const meanwhile = new Clicks();
    let evidence = await page.json<EvidenceState>('/api/evidence');
    for (let at = 0; evidence.state === 'running'; at += 1) {
      await meanwhile.ask(page, paths.slice(at % paths.length, (at % paths.length) + 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      evidence = await page.json<EvidenceState>('/api/evidence');
    }
    row('verification in the background', (performance.now() - verifying) / 1000, 's');
    meanwhile.print('meanwhile');
    const afterwards = new Clicks();
    for (let round = 0; round < ROUNDS; round += 1) await afterwards.ask(page, paths);
    afterwards.print('afterwards');
    row('memory, at most, while opening', opening, 'MB');
    row('memory, at most, in all', peakMegabytes(page.child), 'MB');
  } finally {
    page.child.kill('SIGTERM');
    await once(page.child, 'close');
  }
}

console.log(`Node ${process.versions.node}`);
const sizes = process.argv.slice(2).map(Number);
for (const size of sizes.length > 0 ? sizes : [10, 100, 1000]) await measure(size);
