import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { verifyEvents } from '../../src/chaukas/verify/event-verifier.js';
import { fromCloudEvent } from '../../src/cloudevents/cloud-event.js';
import { cloudEventsFromJson } from '../../src/cloudevents/json-format.js';
import { DeadLetterFile } from '../../src/delivery/dead-letter-file.js';
import { ChaukasSpanProcessor, DeliveryError, type EventSink, HttpSink } from '../../src/index.js';
import { makeFolder } from '../harness/folder.js';
import { PROJECT } from '../run-fixture.js';
import { type Answer, accept, startReceiver, status } from '../sinks/http/receiver.js';
import { queueTo, ScriptedDestination } from './delivery-harness.js';

const run = promisify(execFile);

let folder = '';
let file = '';
beforeEach(() => {
  folder = makeFolder('dead-letters');
  file = path.join(folder, 'letters/dead.jsonl');
});

function open(maxBytes?: number) {
  const reports: string[] = [];
  const letters = new DeadLetterFile(file, maxBytes, (message) => reports.push(message));
  letters.requireWritable();
  return { reports, letters };
}

const REASON = { destination: 'api', reason: 'refused', error: new Error('answered 400') };

const read = () =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { event: { n: number } });

describe('A dead-letter file', () => {
  it('has a line with the event and the reason, for its owner only', async () => {
    const { letters } = open();
    expect(await letters.add(['{"n":1}', '{"n":2}'], REASON)).toBe(2);
    expect(letters.addSync(['{"n":3}'], { ...REASON, error: undefined })).toBe(1);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(read()).toEqual([
      { sink: 'api', reason: 'refused: answered 400', time, event: { n: 1 } },
      { sink: 'api', reason: 'refused: answered 400', time, event: { n: 2 } },
      { sink: 'api', reason: 'refused', time, event: { n: 3 } },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  });

  it('keeps whole lines of several writers', async () => {
    const { letters } = open();
    const numbers = Array.from({ length: 50 }, (_, n) => n);
    await Promise.all(numbers.map((n) => letters.add([JSON.stringify({ n })], REASON)));
    expect(read().map(({ event }) => event.n)).toEqual(numbers);
  });

  it('begins a new line behind one that a crash has torn', async () => {
    const { letters } = open();
    await letters.add(['{"n":1}'], REASON);
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"sink":"api","re`);
    await letters.add(['{"n":2}'], REASON);
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ event: { n: 2 } });
  });

  it('does not exceed its size, and says so', async () => {
    const { letters, reports } = open(250);
    expect(await letters.add(['{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}'], REASON)).toBe(2);
    expect(statSync(file).size).toBeLessThanOrEqual(250);
    expect(reports).toEqual([
      `the dead-letter file ${file} is full, further events are not kept; ` +
        'move it away, or raise option "deadLetter.maxBytes"',
    ]);
  });

  it('has no secret of an error, and no long answer', async () => {
    const { letters } = open();
    const error = new Error(`Bearer sk-proj-abcdefghijklmnopqrstuvwxyz0123456789 ${'x'.repeat(5_000)}`);
    await letters.add(['{"n":1}'], { ...REASON, error });
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('abcdefghijklmnop');
    expect(text.length).toBeLessThan(1_500);
  });

  it('does not follow a symbolic link, and reports that', async () => {
    const { letters, reports } = open();
    symlinkSync(path.join(folder, 'elsewhere'), file);
    expect(await letters.add(['{"n":1}'], REASON)).toBe(0);
    expect(reports).toEqual([`events could not be written to the dead-letter file ${file}`]);
  });

  it('whose folder cannot be made is an error of the option', () => {
    writeFileSync(path.join(folder, 'letters'), '');
    expect(() => open()).toThrow(
      `option "deadLetter.path" is '${file}', which cannot be written; it must be a file that this process may create and append to`,
    );
  });
});

describe('Dead letters of a queue', () => {
  it('are what is refused, given up, or left at the shutdown', async () => {
    const { letters } = open();
    const destination = new ScriptedDestination({ maxBatchSize: 1, retry: false });
    const answers: Record<number, () => void> = {
      1: () => {
        throw new DeliveryError('wrong', { outcome: 'refused' });
      },
      2: () => {
        throw new DeliveryError('large', { outcome: 'too-large' });
      },
      3: () => {
        throw new Error('down');
      },
    };
    destination.forever = ([n]) => answers[n ?? 0]?.();
    const { queue } = queueTo(destination, { deadLetters: letters });
    for (let n = 1; n <= 4; n += 1) queue.push({ n, line: JSON.stringify({ n }) });
    await queue.shutdown();
    expect(read()).toMatchObject([
      { reason: 'refused: wrong', event: { n: 1 } },
      { reason: 'too_large: large', event: { n: 2 } },
      { reason: 'given_up: down', event: { n: 3 } },
    ]);
    expect(queue.stats).toMatchObject({ delivered: 1, dropped: 3, deadLettered: 3 });
  });
});

it('What waits when the process exits is a dead letter', () => {
  const { letters } = open();
  const { queue } = queueTo(new ScriptedDestination(), { deadLetters: letters });
  for (const n of [1, 2, 3]) queue.push({ n, line: JSON.stringify({ n }) });
  queue.writeOut();
  expect(read()).toMatchObject([1, 2, 3].map((n) => ({ reason: 'process_exit', event: { n } })));
  expect(queue.stats).toMatchObject({ dropped: 3, deadLettered: 3, waiting: 0 });
});

describe('Option deadLetter', () => {
  const sink: EventSink = {
    name: 'api',
    async send() {
      throw new DeliveryError('the endpoint answered 400', { outcome: 'refused' });
    },
    async forceFlush() {},
    async shutdown() {},
  };

  it('needs a path without a spool', () => {
    expect(() => new ChaukasSpanProcessor({ sinks: [sink], deadLetter: { maxBytes: 1 } })).toThrow(
      'option "deadLetter.path" is missing; it must be a non-empty string, because there is no option "spool"',
    );
  });

  it('is a file in the spool by default', async () => {
    const processor = new ChaukasSpanProcessor({ sinks: [sink], spool: { directory: folder } });
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' };
    provider.getTracer('application').startSpan('chat m', { attributes }).end();
    await provider.shutdown();
    file = path.join(folder, 'dead-letters.jsonl');
    const { eventsMade, eventsDropped, sinks } = processor.stats();
    expect(eventsMade).toBeGreaterThan(0);
    expect([eventsDropped, sinks[0]?.deadLettered, read().length]).toEqual([
      eventsMade,
      eventsMade,
      eventsMade,
    ]);
    expect(read()[0]).toMatchObject({ sink: 'api', reason: 'refused: the endpoint answered 400' });
  });
});

/** The program of the document. */
it('Dead letters arrive in the end if they are sent again', async () => {
  const document = readFileSync(path.join(PROJECT, 'docs/delivery.md'), 'utf8');
  const [, code = ''] = /^```js\n(\/\/ resend\.mjs\n.*?)^```/ms.exec(document) ?? [];
  const programs = path.join(PROJECT, '.cache/resend');
  mkdirSync(programs, { recursive: true });
  writeFileSync(path.join(programs, 'resend.mjs'), code);

  const receiver = await startReceiver();
  const arrived: ChaukasEvent[] = [];
  const take: Answer = (response, request) => {
    arrived.push(...cloudEventsFromJson(request.body.toString()).map(fromCloudEvent));
    accept(response, request);
  };
  receiver.answer = (response, request) =>
    (request.body.includes('AGENT_START') ? status(400) : take)(response, request);
  file = path.join(folder, 'dead.jsonl');
  const sink = new HttpSink({ url: receiver.url, delivery: { maxBatchSize: 1 } });
  const processor = new ChaukasSpanProcessor({ sinks: [sink], deadLetter: { path: file } });
  const provider = new NodeTracerProvider({ spanProcessors: [processor] });
  const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'desk' };
  for (let n = 0; n < 3; n += 1) provider.getTracer('application').startSpan('desk', { attributes }).end();
  await provider.shutdown();
  const { sinks, eventsMade } = processor.stats();
  expect(sinks).toMatchObject([{ deadLettered: 3 }]);

  receiver.answer = take;
  const env = { ...process.env, EVENTS_URL: receiver.url };
  const { stdout } = await run(process.execPath, ['resend.mjs', file], { cwd: programs, env });
  expect(stdout).toBe('3 events sent\n');
  expect(arrived).toHaveLength(eventsMade);
  arrived.sort((a, b) => (a.event_id < b.event_id ? -1 : 1));
  const lines = arrived.map((event) => JSON.stringify(event));
  expect((await verifyEvents(lines, {})).findings).toEqual([]);
});
