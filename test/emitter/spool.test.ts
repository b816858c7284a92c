/** Emitters whose events wait on the disk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CloudEventShape } from '../../src/cloudevents/cloud-event.js';
import {
  CloudEventsEmitter,
  DeliveryError,
  fromHttpMessage,
  HttpSink,
  MemorySink,
} from '../../src/emitter/index.js';
import { ChaukasSpanProcessor } from '../../src/events/chaukas-span-processor.js';
import { fixtureCommand, PROJECT } from '../run-fixture.js';
import { startReceiver, status } from '../sinks/http/receiver.js';

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'emitter-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('An emitter with a spool', () => {
  test('delivers what a killed process has left, in order', async () => {
    const directory = temporaryFolder();
    const receiver = await startReceiver();
    receiver.answer = status(503);
    const child = spawn(
      ...fixtureCommand(path.join(import.meta.dirname, 'fixtures/killed.ts'), receiver.url, directory),
      {
        cwd: PROJECT,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');

    receiver.answer = (response) => void response.writeHead(204).end();
    receiver.requests.length = 0;
    const emitter = new CloudEventsEmitter({
      source: 'ossa/next',
      sink: new HttpSink({ url: receiver.url }),
      spool: { directory },
    });
    emitter.emit('com.example.order', {}, { id: 'new' });
    await expect.poll(() => emitter.stats().delivered, { timeout: 30_000 }).toBe(101);
    await emitter.close();
    const events = receiver.requests.flatMap(({ headers, body }) => fromHttpMessage(headers, body));
    const old = events.filter(({ source }) => source === 'ossa/killed');
    expect(old.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, id) => String(id)));
    expect(old[0]).toMatchObject({ type: 'com.example.order', data: { text: 'ä🙂' } });
    expect(emitter.stats()).toMatchObject({ recovered: 100, dropped: 0, waiting: 0, spooled: 0 });
  });

  test('does not take the events of a processor with a sink of the same name, nor the other way round', async () => {
    const directory = temporaryFolder();
    const spool = { directory };
    const sink = (fails: boolean) => {
      const memory = new MemorySink();
      const failing = async () => {
        throw new Error('down');
      };
      if (fails) Object.assign(memory, { send: failing, sendCloudEvents: failing });
      return memory;
    };
    const processor = new ChaukasSpanProcessor({ sinks: [sink(true)], spool });
    const emitter = new CloudEventsEmitter({ source: '/a', sink: sink(true), spool });
    emitter.emit('com.example.order', {}, { id: '1' });
    await Promise.all([emitter.close(), processor.shutdown()]);

    const sinks = [sink(false), sink(false)] as const;
    const nextEmitter = new CloudEventsEmitter({ source: '/a', sink: sinks[0], spool });
    const nextProcessor = new ChaukasSpanProcessor({ sinks: [sinks[1]], spool });
    await expect.poll(() => nextEmitter.stats().delivered, { timeout: 30_000 }).toBe(1);
    await nextProcessor.shutdown();
    await nextEmitter.close();
    expect(sinks[0].cloudEvents.map(({ id }) => id)).toEqual(['1']);
    expect(sinks[0].events).toEqual([]);
    expect(sinks[1].cloudEvents).toEqual([]);
  });
});

test('What the sink refuses is in the dead-letter file, with the reason', async () => {
  const file = path.join(temporaryFolder(), 'dead.jsonl');
  const sink = new MemorySink();
  Object.assign(sink, {
    sendCloudEvents: async () => {
      throw new DeliveryError('not wanted', { outcome: 'refused' });
    },
  });
  const emitter = new CloudEventsEmitter({ source: '/a', sink, deadLetter: { path: file } });
  const event: CloudEventShape = emitter.emit('com.example.order', { total: 1 }, { id: '1' });
  await emitter.close();
  expect(emitter.stats()).toMatchObject({ dropped: 1, deadLettered: 1 });
  const letter = JSON.parse(readFileSync(file, 'utf8'));
  expect(letter).toEqual({
    sink: 'memory (CloudEvents)',
    reason: expect.stringContaining('not wanted'),
    time: expect.any(String),
    event: JSON.parse(JSON.stringify(event)),
  });
});
