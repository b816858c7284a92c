/** Faults of the network and of an HTTP endpoint: what arrives, and what is lost. */
import fs from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import {
  type ChaukasSpanProcessorConfig,
  type DeliveryOptions,
  HttpSink,
  type SinkStats,
} from '../../../src/index.js';
import { makeFolder } from '../../harness/folder.js';
import { startTlsServer } from '../../harness/tls-server.js';
import { startReceiver } from '../../sinks/http/receiver.js';
import { applicationOutput, runApplication } from './busy-application.js';
import { EventReceiver } from './event-receiver.js';
import { type FaultPlan, type FaultSituation, runFault } from './fault-run.js';
import { expectNothingLost, type FaultRow, settleFaultTable } from './fault-table.js';
import { FAST_RETRY, type Workload } from './workload.js';

const EVENTS_PER_SECOND = 500;
const FAULT_SECONDS = 0.6;

/** Long enough for any answer of a receiver that works, and over before an attempt after the fault is. */
const DELIVERY = { ...FAST_RETRY, timeoutMillis: 5_000 };

type ProcessorConfig = Omit<ChaukasSpanProcessorConfig, 'sinks'>;

const rows: FaultRow[] = [];

/** Adds a row to the table, and makes sure that all its events have arrived. */
function addLossless(row: FaultRow): void {
  rows.push(row);
  expectNothingLost(row);
}

function withSpool(): ProcessorConfig {
  return { spool: { directory: path.join(makeFolder('faults'), 'spool') } };
}

function postTo({ url }: EventReceiver, delivery: DeliveryOptions = DELIVERY): HttpSink {
  return new HttpSink({ url, delivery });
}

/* Ways to break an endpoint */

/** Breaks an endpoint, until `mend` makes it whole again. */
type Break = (receiver: EventReceiver) => Promise<void> | void;

const isRefused = (load: Workload) => load.processor.stats().sinks[0]?.failing === true;
const isMet = ({ receiver, load }: FaultSituation) => receiver.broke > 0 || isRefused(load);
const hasDropped = ({ load }: FaultSituation) => load.dropped > 0;

/** Breaks the endpoint under load, and mends it when the fault has had its effect. */
function whileBroken(
  breakIt: Break,
  hasEffect: (situation: FaultSituation) => boolean = isMet,
): FaultPlan['happen'] {
  return async (situation) => {
    const { receiver, load } = situation;
    await breakIt(receiver);
    await load.run(EVENTS_PER_SECOND, FAULT_SECONDS);
    await expect.poll(() => hasEffect(situation), { timeout: 30_000 }).toBe(true);
    await mend(receiver);
  };
}

async function mend(receiver: EventReceiver): Promise<void> {
  receiver.broken = undefined;
  receiver.interrupted = undefined;
  await receiver.start();
}

/** Answers in place of the receiver. */
function answers(answer: (response: ServerResponse, body: string, receiver: EventReceiver) => void): Break {
  return (receiver) => {
    receiver.broken = (_request, body, response) => {
      answer(response, body, receiver);
      return true;
    };
  };
}

function answersStatus(code: number, headers: Record<string, string> = {}, text = ''): Break {
  return answers((response) => void response.writeHead(code, headers).end(text));
}

/** Answers with a status if a request has more events, and takes it otherwise. */
function answersStatusAbove(events: number, code: number, text = ''): Break {
  return (receiver) => {
    receiver.broken = (_request, body, response) => {
      if ((JSON.parse(body) as unknown[]).length <= events) return false;
      response.writeHead(code, { 'content-type': 'text/plain' }).end(text);
      return true;
    };
  };
}

/** Writes a text to the connection, a character every 20 milliseconds. */
function drip(response: ServerResponse, text: string): void {
  const { socket } = response;
  let written = 0;
  const timer = setInterval(() => socket?.write(text[written++ % text.length] ?? ''), 20);
  socket?.on('close', () => clearInterval(timer)).on('error', () => {});
}

describe('With a spool nothing is lost if the endpoint', () => {
  it.each<[what: string, fault: string, breakIt: Break]>([
    ['refuses connections', 'connection refused', (receiver) => receiver.stop()],
    ['does not answer', 'no answer', answers(() => {})],
    [
      'takes events and does not answer',
      'events taken, no answer',
      answers((_response, body, receiver) => receiver.take(body)),
    ],
    [
      'resets connections before a request has come',
      'connection reset in the request',
      (receiver) => {
        receiver.interrupted = (request) => {
          request.socket.resetAndDestroy();
          return true;
        };
      },
    ],
    [
      'takes events and resets the connection before it answers',
      'events taken, connection reset before the answer',
      answers(({ socket }, body, receiver) => {
        receiver.take(body);
        socket?.resetAndDestroy();
      }),
    ],
    [
      'takes events and resets the connection in its answer',
      'events taken, connection reset in the answer',
      answers((response, body, receiver) => {
        receiver.take(body);
        response.writeHead(202, { 'content-length': '1000' });
        response.write('{', () => response.socket?.resetAndDestroy());
      }),
    ],
    ['answers 500', '500', answersStatus(500)],
    ['answers 503', '503', answersStatus(503)],
    ['answers what is not HTTP', 'garbage', answers(({ socket }) => void socket?.end('\u0000garbage\n\n'))],
    [
      'takes events and answers what is not HTTP',
      'events taken, garbage',
      answers(({ socket }, body, receiver) => {
        receiver.take(body);
        socket?.end('HTTP/9 two hundred\r\n\r\n');
      }),
    ],
    [
      'answers a character at a time',
      'answer drips, 20 ms a character',
      // Takes longer than an attempt may.
      answers((response) =>
        drip(response, `HTTP/1.1 202 Accepted\r\nserver: ${'slow '.repeat(100)}\r\n\r\n`),
      ),
    ],
    [
      'takes events and answers with a body that does not end',
      'events taken, body of the answer drips for ever',
      answers((response, body, receiver) => {
        receiver.take(body);
        response.writeHead(202, { 'content-length': '1000000' }).flushHeaders();
        drip(response, 'x');
      }),
    ],
  ])('%s', async (_what, fault, breakIt) => {
    const sink = (receiver: EventReceiver) => postTo(receiver);
    const row = await runFault({ fault, config: withSpool(), sink, happen: whileBroken(breakIt) });
    addLossless(row);
    // Only an endpoint that takes events without a word of it gets them twice.
    if (!/^events taken, (no answer|connection reset before|garbage)/.test(fault))
      expect(row.doubled).toBe(0);
    else expect(row.doubled).toBeGreaterThan(0);
  });

  it('answers 429, and it is not asked again before the time that it names', async () => {
    const requests: number[] = [];
    const row = await runFault({
      fault: '429 with Retry-After: 1',
      config: withSpool(),
      happen: whileBroken(
        answers((response) => {
          requests.push(performance.now());
          response.writeHead(429, { 'retry-after': '1' }).end();
        }),
      ),
    });
    addLossless(row);
    // A slow machine may be in the fault for longer than a second. A timer may fire a millisecond early.
    const pauses = requests.slice(1).map((at, index) => at - (requests[index] ?? 0));
    expect(pauses.filter((pause) => pause < 999)).toEqual([]);
  });

  it.each<[fault: string, breakIt: Break]>([
    ['503 "high memory usage" for more than 10 events', answersStatusAbove(10, 503, 'high memory usage')],
    ['413 for more than 10 events', answersStatusAbove(10, 413)],
  ])('answers %s, which gets smaller batches', async (fault, breakIt) => {
    const sink = (receiver: EventReceiver) => postTo(receiver);
    const happen: FaultPlan['happen'] = async ({ receiver, load }) => {
      await breakIt(receiver);
      const due = receiver.received + 400;
      load.burst(400);
      // Everything arrives although the endpoint stays as it is.
      await expect.poll(() => receiver.received, { timeout: 30_000 }).toBeGreaterThanOrEqual(due);
      expect(load.processor.stats().sinks[0]?.retried).toBeGreaterThan(0);
    };
    addLossless(await runFault({ fault, config: withSpool(), sink, happen }));
  });

  it('redirects, and the other address gets nothing', async () => {
    const other = await startReceiver();
    for (const code of [302, 307]) {
      const row = await runFault({
        fault: `${code}, a redirect`,
        config: withSpool(),
        happen: whileBroken(answersStatus(code, { location: `${other.url}/events` })),
      });
      addLossless(row);
    }
    expect(other.requests).toEqual([]);
  });

  it('has a name that DNS does not know', async () => {
    let isUnknown = false;
    let attempts = 0;
    const row = await runFault({
      fault: 'name unknown to DNS',
      config: withSpool(),
      sink: ({ url }) =>
        new HttpSink({
          url,
          delivery: DELIVERY,
          fetch: (address, request) => {
            if (isUnknown) attempts += 1;
            return fetch(isUnknown ? 'http://events.invalid/' : address, request);
          },
        }),
      happen: async ({ load }) => {
        isUnknown = true;
        await load.run(EVENTS_PER_SECOND, FAULT_SECONDS);
        await expect.poll(() => attempts).toBeGreaterThan(0);
        isUnknown = false;
      },
    });
    addLossless(row);
    expect(attempts).toBeGreaterThan(0);
  });

  it('has a certificate that the application does not trust yet', async () => {
    let receiver: EventReceiver | undefined;
    const tls = await startTlsServer((message, response) => {
      let body = '';
      message.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      message.on('end', () => {
        receiver?.take(body);
        response.writeHead(202).end();
      });
    });
    const dispatcher = new Agent({ connect: { ca: tls.certificate } });
    onTestFinished(() => dispatcher.close());
    let isTrusted = true;
    const failures = new Set<string>();
    const row = await runFault({
      fault: 'self-signed certificate',
      config: withSpool(),
      sink: (kept) => {
        receiver = kept;
        return new HttpSink({
          url: `${tls.url}/events`,
          delivery: DELIVERY,
          fetch: (address, request) => {
            if (isTrusted) return undiciFetch(address, { ...request, dispatcher });
            return fetch(address, request).catch((error: { cause?: { code?: string } }) => {
              failures.add(String(error.cause?.code));
              throw error;
            });
          },
        });
      },
      happen: async ({ load }) => {
        isTrusted = false;
        await load.run(EVENTS_PER_SECOND, FAULT_SECONDS);
        await expect.poll(() => failures.size).toBeGreaterThan(0);
        isTrusted = true;
      },
    });
    addLossless(row);
    expect([...failures]).toEqual(['DEPTH_ZERO_SELF_SIGNED_CERT']);
  });
});

interface DeadLetterPlan {
  readonly fault: string;
  readonly config: ProcessorConfig;
  readonly file: string;
  readonly delivery?: DeliveryOptions;
  readonly happen: FaultPlan['happen'];
}

/** Makes sure that each event has either arrived or is a dead letter with a reason. */
async function expectDeadLetters({ fault, config, file, delivery, happen }: DeadLetterPlan, reason: string) {
  let arrived: EventReceiver | undefined;
  let load: Workload | undefined;
  const row = await runFault({
    fault,
    config,
    sink: (receiver) => postTo(receiver, delivery),
    happen: async (situation) => {
      arrived = situation.receiver;
      load = situation.load;
      await happen(situation);
    },
  });
  rows.push(row);
  const letters = fs
    .readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { reason: string; event: { event_id: string } });
  expect(row.lost).toBeGreaterThan(0);
  expect(load?.processor.stats().sinks[0]).toMatchObject({ dropped: row.lost, deadLettered: row.lost });
  expect([...new Set(letters.map((letter) => letter.reason))]).toEqual([reason]);
  const ids = new Set([...letters.map(({ event }) => event.event_id), ...(arrived?.ids ?? [])]);
  expect([letters.length, ids.size]).toEqual([row.lost, row.sent]);
}

describe('Events that are refused for good are in the dead-letter file', () => {
  it.each<[fault: string, breakIt: Break, reason: string]>([
    ['400 (dead letters)', answersStatus(400), 'refused: the endpoint answered 400'],
    ['413 for each event (dead letters)', answersStatus(413), 'too_large: the endpoint answered 413'],
  ])('with a spool: %s', async (fault, breakIt, reason) => {
    const directory = path.join(makeFolder('faults'), 'spool');
    const file = path.join(directory, 'dead-letters.jsonl');
    await expectDeadLetters(
      { fault, config: { spool: { directory } }, file, happen: whileBroken(breakIt, hasDropped) },
      reason,
    );
  });

  it('without a spool: 400', async () => {
    const file = path.join(makeFolder('faults'), 'dead.jsonl');
    const happen = whileBroken(
      answersStatus(400, { 'content-type': 'text/plain' }, 'no such tenant'),
      hasDropped,
    );
    await expectDeadLetters(
      { fault: '400 (dead letters)', config: { deadLetter: { path: file } }, file, happen },
      'refused: the endpoint answered 400: no such tenant',
    );
  });

  it('and so are those that are given up', async () => {
    const file = path.join(makeFolder('faults'), 'dead.jsonl');
    await expectDeadLetters(
      {
        fault: '503 for longer than maxElapsedMillis (dead letters)',
        config: { deadLetter: { path: file } },
        file,
        delivery: { ...DELIVERY, retry: { ...DELIVERY.retry, maxElapsedMillis: 100 } },
        happen: whileBroken(answersStatus(503), hasDropped),
      },
      'given_up: the endpoint answered 503',
    );
  });
});

describe('Without a spool', () => {
  it.each<[fault: string, breakIt: Break, delivery: DeliveryOptions]>([
    ['connection refused, queue of 200 events full', (receiver) => receiver.stop(), DELIVERY],
    ['no answer, queue of 200 events full', answers(() => {}), DELIVERY],
    ['500, no retry', answersStatus(500), { ...DELIVERY, retry: false }],
  ])('what is lost is counted, reported and seen by verify: %s', async (fault, breakIt, delivery) => {
    const sink = (receiver: EventReceiver) => postTo(receiver, delivery);
    const row = await runFault({
      fault,
      config: { maxQueueSize: 200 },
      sink,
      happen: whileBroken(breakIt, ({ load }) => {
        load.burst(100);
        return load.dropped > 0;
      }),
    });
    rows.push(row);
    expect(row.lost).toBeGreaterThan(0);
  });

  it('nothing is lost while the memory suffices', async () => {
    const config = { maxQueueSize: 10_000 };
    const fault = '503, queue not full';
    addLossless(await runFault({ fault, config, happen: whileBroken(answersStatus(503)) }));
  });
});

async function startEndpoint(): Promise<EventReceiver> {
  const receiver = new EventReceiver();
  await receiver.start();
  onTestFinished(() => receiver.stop());
  return receiver;
}

describe('A process that gets a SIGTERM in a burst', () => {
  const SIGTERM = { signal: 'SIGTERM', after: 300 } as const;

  it('and exits loses nothing with a spool, although the endpoint is down', async () => {
    const receiver = await startEndpoint();
    const directory = path.join(makeFolder('faults'), 'spool');
    answersStatus(503)(receiver);
    const first = await runApplication([receiver.url, directory, 'exit'], SIGTERM);
    receiver.broken = undefined;
    const mended = performance.now();
    const sent = first + (await runApplication([receiver.url, directory, 'drain']));
    const recoveryMillis = performance.now() - mended;
    const { received, doubled } = receiver;
    addLossless({
      fault: 'SIGTERM in a burst while it answers 503, exit and restart',
      spool: 'refuse-new',
      sent,
      received,
      lost: sent - received,
      doubled,
      recoveryMillis,
    });
  });

  it('and shuts down loses nothing without a spool, although every other request fails', async () => {
    const receiver = await startEndpoint();
    let requests = 0;
    receiver.broken = (_request, _body, response) => {
      requests += 1;
      if (requests % 2 === 0) response.writeHead(503).end();
      return requests % 2 === 0;
    };
    const sent = await runApplication([receiver.url, '', 'shut down'], SIGTERM);
    const { received, doubled, lines } = receiver;
    expect((await verifyEvents([...lines.values()], {})).findings).toEqual([]);
    addLossless({
      fault: 'SIGTERM in a burst while every other answer is 503, shutdown',
      spool: 'none',
      sent,
      received,
      lost: sent - received,
      doubled,
      recoveryMillis: 0,
    });
  });

  it('and exits without a spool counts what it loses, and verify sees that the stream has no end', async () => {
    const receiver = await startEndpoint();
    receiver.broken = (_request, _body, response) => {
      if (receiver.received < 100) return false;
      response.writeHead(503).end();
      return true;
    };
    const output = await applicationOutput([receiver.url, '', 'exit'], SIGTERM);
    const [counts, made] = output.trimEnd().split('\n').slice(-2);
    const sent = Number(made);
    const { received, doubled, lines } = receiver;
    const { delivered, dropped, waiting } = JSON.parse(counts ?? '') as SinkStats;
    // A batch may have been on its way to the endpoint, which would have answered 503.
    expect({ delivered, sum: delivered + dropped + waiting }).toEqual({ delivered: received, sum: sent });
    expect(waiting).toBeLessThanOrEqual(100);
    const { findings } = await verifyEvents([...lines.values()], {});
    expect(findings.map(({ code }) => code)).toContain('unclosed_stream');
    rows.push({
      fault: 'SIGTERM in a burst while it answers 503, exit',
      spool: 'none',
      sent,
      received,
      lost: sent - received,
      doubled,
      recoveryMillis: 0,
    });
  });
});

afterAll(() => settleFaultTable('network', rows));
