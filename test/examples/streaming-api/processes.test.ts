/** The service in processes of its own: restarts, crashes, an orderly end, and four workers. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelServer, Scenario } from '../../../examples/model-server/server.js';
import {
  allEvents,
  post,
  type ReceivedEvent,
  readEvents,
  type ServiceProcess,
  startModel,
  startProcess,
} from './harness.js';

/** Takes two seconds. */
const SLOW: Scenario = {
  id: 'slow',
  description: 'Counts, slowly.',
  match: { lastUserIncludes: 'count' },
  steps: [
    {
      faults: [{ fault: 'slow-chunk', ms: 40 }],
      reply: { text: Array.from({ length: 50 }, (_, index) => `${index}`).join(' ') },
    },
  ],
};

/** Takes half a minute, of which a test sees only the beginning. */
const LONG: Scenario = {
  id: 'long',
  description: 'Counts on and on.',
  match: { lastUserIncludes: 'on and on' },
  steps: [
    {
      faults: [{ fault: 'slow-chunk', ms: 40 }],
      reply: { text: Array.from({ length: 750 }, (_, index) => `${index}`).join(' ') },
    },
  ],
};

/** Takes eight seconds. */
const SLOWER: Scenario = {
  id: 'slower',
  description: 'Counts, more slowly.',
  match: { lastUserIncludes: 'count slowly' },
  steps: [
    {
      faults: [{ fault: 'slow-chunk', ms: 160 }],
      reply: { text: Array.from({ length: 50 }, (_, index) => `${index}`).join(' ') },
    },
  ],
};

const COUNT = { input: 'Please count' };

let model: ModelServer;
let folder: string;

beforeAll(async () => {
  model = await startModel([LONG, SLOWER, SLOW]);
  folder = await mkdtemp(path.join(tmpdir(), 'streaming-api-'));
});

afterAll(async () => {
  await model.close();
  await rm(folder, { recursive: true, force: true });
});

function start(name: string, env: Record<string, string> = {}): Promise<ServiceProcess> {
  return startProcess(model, { OUTPUT_DIR: path.join(folder, name), ...env });
}

async function pendingId(url: string, session: string): Promise<string> {
  const answer: unknown = await (await fetch(`${url}/assistant/session/${session}`)).json();
  return (answer as { pending_approvals: { id: string }[] }).pending_approvals[0]?.id ?? '';
}

function numbers(events: readonly ReceivedEvent[]): number[] {
  return events.map(({ n }) => n);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe('After a restart', () => {
  it('sessions go on, runs that waited are resumed, and streams can be read again', async () => {
    const before = await start('restart');
    await post(`${before.url}/chat/run`, { input: 'Hello', session_id: 'kept' });
    await post(`${before.url}/assistant/run`, { input: 'Please delete note 7', session_id: 'waiting' });
    const events = await allEvents({ url: `${before.url}/chat/stream`, body: { input: 'ping' } });
    expect(await before.stop()).toBe(0);

    const after = await start('restart');
    await post(`${after.url}/chat/run`, { input: 'Hello again', session_id: 'kept' });
    expect(JSON.stringify(model.requests.at(-1)?.body)).toMatch(/"Hello".*"Hello again"/);
    const approvals = [{ id: await pendingId(after.url, 'waiting'), approve: true }];
    const resumed = await post(`${after.url}/assistant/session/waiting/approvals`, { approvals });
    expect(await resumed.json()).toMatchObject({ final_output: 'About note 7: Note 7 is deleted.' });
    expect(await allEvents({ url: `${after.url}/chat/stream/${events[0]?.data.stream_id}` })).toEqual(events);
    expect(await after.stop()).toBe(0);
  });

  it('a stream of a process that was killed ends with an error, and its session is free', async () => {
    const before = await start('killed');
    const body = { input: 'Please go on and on', session_id: 'killed' };
    const reading = readEvents({ url: `${before.url}/chat/stream`, body });
    const events: ReceivedEvent[] = [];
    for (let n = 0; n < 10; n += 1) events.push((await reading.next()).value as ReceivedEvent);
    // Events that a client has seen are stored a moment later.
    await sleep(3_000);
    await before.kill();
    await reading.return(undefined);

    const after = await start('killed');
    const rest = await allEvents({
      url: `${after.url}/chat/stream/${events[0]?.data.stream_id}`,
      lastEventId: events.at(-1)?.id ?? '',
    });
    expect(numbers([...events, ...rest])).toEqual(upTo(events.length + rest.length));
    expect(rest.at(-1)?.data).toMatchObject({ type: 'error', code: 'stream_interrupted' });
    const run = () => post(`${after.url}/chat/run`, { input: 'ping', session_id: 'killed' });
    await expect.poll(async () => (await run()).status, { timeout: 30_000, interval: 500 }).toBe(200);
    await after.stop();
  });
});

describe('SIGTERM', () => {
  it('lets streams finish, and accepts no new connection', async () => {
    const service = await start('orderly');
    let ended = false;
    const body = { input: 'Please count slowly' };
    const reading = allEvents({ url: `${service.url}/chat/stream`, body });
    void reading.finally(() => {
      ended = true;
    });
    await expect.poll(() => model.requests.at(-1)?.scenario).toBe('slower');
    const stopped = service.stop();
    const answers = () =>
      fetch(`${service.url}/healthz`).then(
        () => true,
        () => false,
      );
    await expect.poll(answers).toBe(false);
    expect(ended).toBe(false);
    expect((await reading).at(-1)?.data).toMatchObject({ type: 'stream_complete' });
    expect(await stopped).toBe(0);
    expect(service.output()).toContain('"msg":"closed"');
    // The file has the events of the run to the last one.
    const lines = (await readFile(path.join(folder, 'orderly/events-0.jsonl'), 'utf8')).trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: expect.stringMatching(/SESSION_END/) });
  });

  it('cuts streams that take longer than SHUTDOWN_SECONDS', async () => {
    const service = await start('impatient', { SHUTDOWN_SECONDS: '0' });
    const response = await post(`${service.url}/chat/stream`, { input: 'Fail in silence' });
    const text = response.text();
    text.catch(() => {});
    await expect.poll(() => model.requests.at(-1)?.scenario).toBe('silent');
    expect(await service.stop()).toBe(0);
    await expect(text).rejects.toThrow();
  });
});

describe('Four workers', () => {
  let service: ServiceProcess;
  let startedAt: number;

  beforeAll(async () => {
    service = await start('workers', { WORKERS: '4' });
    // It is ready when all workers listen.
    startedAt = Date.now();
  });

  afterAll(() => service.kill());

  /** Calls until another worker than these answers. */
  async function elsewhere(
    call: () => Promise<Response>,
    ...workers: (string | null)[]
  ): Promise<{ response: Response; worker: string }> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const response = await call();
      const worker = response.headers.get('x-worker');
      if (worker !== null && !workers.includes(worker)) return { response, worker };
      await response.body?.cancel();
    }
    throw new Error(`All requests go to the workers ${workers}.`);
  }

  /** A connection of its own goes to the next worker. */
  function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(service.url + url, { headers: { connection: 'close', ...headers } });
  }

  it('all answer', async () => {
    const seen: string[] = [];
    for (let n = 0; n < 4; n += 1) seen.push((await elsewhere(() => get('/agents'), ...seen)).worker);
    expect(seen.sort()).toEqual(['1', '2', '3', '4']);
  });

  it('resume each other’s streams', async () => {
    const body = JSON.stringify(COUNT);
    const headers = { 'content-type': 'application/json', connection: 'close' };
    const first = await fetch(`${service.url}/chat/stream`, { method: 'POST', headers, body });
    const worker = first.headers.get('x-worker');
    const reader = first.body?.getReader();
    let text = '';
    while (!text.includes(':5\n')) text += new TextDecoder().decode((await reader?.read())?.value);
    await reader?.cancel();
    const id = /id: ([\da-f-]+):1\n/.exec(text)?.[1] ?? '';

    const { response } = await elsewhere(
      () => get(`/chat/stream/${id}`, { 'last-event-id': `${id}:5` }),
      worker,
    );
    const rest = await response.text();
    const seen = Array.from(rest.matchAll(/^id: .*:(\d+)$/gm), ([, n]) => Number(n));
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 6));
    expect(rest).toContain('event: stream_complete');
    expect(rest).toContain('48 49');
  });

  it('share sessions, approvals and the lock of a session', async () => {
    const headers = { 'content-type': 'application/json', connection: 'close' };
    const call = (url: string, body: unknown) => () =>
      fetch(service.url + url, { method: 'POST', headers, body: JSON.stringify(body) });
    const paused = await call('/assistant/run', { input: 'Please delete note 7', session_id: 'shared' })();
    const worker = paused.headers.get('x-worker');
    const approvals = [{ id: await pendingId(service.url, 'shared'), approve: true }];
    const resume = call('/assistant/session/shared/approvals', { approvals });
    const answers = await Promise.all([resume(), resume(), resume(), resume()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    expect(new Set(answers.map((answer) => answer.headers.get('x-worker'))).size).toBeGreaterThan(1);
    const { response } = await elsewhere(() => get('/assistant/session/shared'), worker);
    expect(await response.json()).toMatchObject({ item_count: 4, pending_approvals: [] });
  });

  it('serve 40 streams at once', async () => {
    const streams = await Promise.all(
      Array.from({ length: 40 }, () =>
        allEvents({ url: `${service.url}/chat/stream`, body: { input: 'ping' } }),
      ),
    );
    for (const events of streams) {
      expect(numbers(events)).toEqual(upTo(events.length));
      expect(events.at(-1)?.data.type).toBe('stream_complete');
    }
  });

  it('are replaced when one dies', async () => {
    const pids = () =>
      new Set(Array.from(service.output().matchAll(/"pid":(\d+)/g), ([, pid]) => Number(pid)));
    // One that dies soon after its start would end the service.
    await sleep(Math.max(startedAt + 5_500 - Date.now(), 0));
    const victim = [...pids()].find((pid) => pid !== service.process.pid);
    expect(victim).toBeDefined();
    process.kill(victim ?? 0, 'SIGKILL');
    await expect.poll(() => service.output()).toContain('a worker has ended');
    const seen: string[] = [];
    const fifth = async () => {
      seen.push((await get('/agents')).headers.get('x-worker') ?? '');
      return seen;
    };
    await expect.poll(fifth, { timeout: 100_000, interval: 200 }).toContain('5');
  }, 150_000);

  it('end together, with what they run', async () => {
    const events = allEvents({ url: `${service.url}/chat/stream`, body: COUNT });
    await expect.poll(() => model.requests.at(-1)?.scenario).toBe('slow');
    expect(await service.stop()).toBe(0);
    expect((await events).at(-1)?.data).toMatchObject({ type: 'stream_complete' });
  });
});
