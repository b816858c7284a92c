/** A process with a spool that is killed loses nothing that was on the disk: the next process delivers it. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { verifyEvents } from '../../src/chaukas/verify/event-verifier.js';
import { makeFolder } from '../harness/folder.js';
import { fixtureCommand, PROJECT } from '../run-fixture.js';

// Six processes one after the other, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

const FIXTURE = path.join(import.meta.dirname, 'fixtures/spooling-process.ts');

/** An endpoint that keeps the events it accepts, in the order in which they came. */
async function startEndpoint() {
  const received: ChaukasEvent[] = [];
  const endpoint = { isUp: true, received, url: '' };
  const server = createServer(async (request, response) => {
    const lines = (await text(request)).split('\n');
    if (endpoint.isUp) received.push(...lines.map((line) => JSON.parse(line) as ChaukasEvent));
    response.writeHead(endpoint.isUp ? 200 : 503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  endpoint.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return endpoint;
}

/** Runs the application until it ends or is killed. Resolves to the number of calls that it knew to be safe. */
async function run(
  { url }: { readonly url: string },
  directory: string,
  {
    name,
    calls = 100_000,
    end = '',
    killAfter,
  }: { name: string; calls?: number; end?: string; killAfter?: number },
): Promise<number> {
  const child = spawn(...fixtureCommand(FIXTURE, url, directory, name, String(calls), end), {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let safe = 0;
  let began = () => {};
  const first = new Promise<void>((resolve) => {
    began = resolve;
  });
  child.stdout.setEncoding('utf8').on('data', (printed: string) => {
    safe = Number(printed.trim().split('\n').at(-1));
    began();
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  if (killAfter !== undefined) {
    await first;
    await sleep(killAfter);
    child.kill('SIGKILL');
  }
  await ended;
  return safe;
}

/** The events without those that came again, and the number of these. */
function unique(events: readonly ChaukasEvent[]): [events: ChaukasEvent[], doubled: number] {
  const byId = new Map<string, ChaukasEvent>();
  for (const event of events) if (!byId.has(event.event_id)) byId.set(event.event_id, event);
  return [[...byId.values()], events.length - byId.size];
}

function callsOf(events: readonly ChaukasEvent[], name: string): number[] {
  return events
    .filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END')
    .map(({ llm_invocation }) => llm_invocation?.model ?? '')
    .filter((model) => model.startsWith(`${name}-`))
    .map((model) => Number(model.slice(name.length + 1)));
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('A process with a spool', () => {
  it('that is killed loses no event that was on the disk, whether the endpoint was up or down', async () => {
    const endpoint = await startEndpoint();
    const directory = makeFolder('killed-process');
    const safe: [name: string, calls: number][] = [];
    const ofRuns: ChaukasEvent[][] = [];
    for (const [index, killAfter] of [0, 40, 90, 150, 230].entries()) {
      endpoint.isUp = index % 2 === 0;
      const name = `run${index}`;
      const before = endpoint.received.length;
      safe.push([name, await run(endpoint, directory, { name, killAfter })]);
      ofRuns.push(endpoint.received.slice(before));
    }
    endpoint.isUp = true;
    const before = endpoint.received.length;
    await run(endpoint, directory, { name: 'last', calls: 10 });
    ofRuns.push(endpoint.received.slice(before));
    const [events] = unique(endpoint.received);
    for (const [name, calls] of safe) {
      expect(calls).toBeGreaterThan(0);
      const numbers = callsOf(events, name);
      expect(numbers.slice(0, calls)).toEqual(range(calls));
      expect(numbers).toEqual(range(numbers.length));
    }
    expect(callsOf(events, 'last')).toEqual(range(10));
    // The next process delivers again, once, the last events that a killed one had delivered.
    expect(ofRuns.map((received) => unique(received)[1])).toEqual(ofRuns.map(() => 0));
    const { findings, streams } = await verifyEvents(events);
    expect(streams).toBe(6);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(['crashed_stream']));
  });

  it.each(['exit', 'shutdown'])(
    'that ends while the endpoint is down leaves its events to the next: %s',
    async (end) => {
      const endpoint = await startEndpoint();
      const directory = makeFolder('killed-process');
      endpoint.isUp = false;
      await run(endpoint, directory, { name: 'one', calls: 50, end });
      expect(endpoint.received).toEqual([]);
      endpoint.isUp = true;
      await run(endpoint, directory, { name: 'two', calls: 5 });
      const [events, doubled] = unique(endpoint.received);
      expect([callsOf(events, 'one'), callsOf(events, 'two'), doubled]).toEqual([range(50), range(5), 0]);
      expect((await verifyEvents(events)).findings).toEqual([]);
      const endOfOne = events.find(({ metadata }) => metadata?.stream_event_count !== undefined);
      expect(endOfOne?.metadata?.sinks).toEqual([
        { name: 'endpoint', delivered: 0, dropped: 0, spooled: expect.any(Number) },
      ]);
    },
  );
});
