import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { type CloudEventShape, fromCloudEvent, toCloudEvent } from '../../src/cloudevents/cloud-event.js';
import { fromHttpMessage } from '../../src/cloudevents/http-binding.js';
import type { DeliveryError } from '../../src/sinks/delivery-error.js';
import { HttpSink, type HttpSinkOptions } from '../../src/sinks/http-sink.js';
import { makeEvent, makeEvents } from '../delivery/make-event.js';
import { accept, type Receiver, startReceiver, status } from './http/receiver.js';

const SECRETS = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'C2FVsBQIhrscChlQIMV+b5sSYspob7oD'] as const;
const KEY = 'Bearer key-7f3a';
const MODES = ['batched', 'structured', 'binary'] as const;

async function start(
  options: Partial<HttpSinkOptions> = {},
): Promise<{ receiver: Receiver; sink: HttpSink }> {
  const receiver = await startReceiver();
  const sink = new HttpSink({ url: `${receiver.url}/events`, ...options });
  onTestFinished(() => sink.shutdown());
  return { receiver, sink };
}

const linesOf = (events: readonly ChaukasEvent[]) => events.map((event) => JSON.stringify(event));
const received = ({ requests }: Receiver) =>
  requests.flatMap(({ headers, body }) => fromHttpMessage(headers, body));

async function failure(sending: Promise<void>): Promise<Partial<DeliveryError>> {
  return sending.then(
    () => Promise.reject(new Error('it was delivered')),
    ({ message, outcome, delivered, affected }: DeliveryError) => ({ message, outcome, delivered, affected }),
  );
}

describe.each(MODES)('A batch in mode %s', (mode) => {
  it('arrives as it was', async () => {
    const { receiver, sink } = await start({ mode, source: '/desk' });
    const events = [makeEvent(1, 'é " % 😀'), makeEvent(2), makeEvent(3)];
    await sink.send(events, linesOf(events));
    expect(received(receiver).map(fromCloudEvent)).toEqual(events);
    expect(received(receiver)).toMatchObject(events.map((event) => toCloudEvent(event, { source: '/desk' })));
    expect(receiver.requests.map(({ path }) => path)).toEqual(
      Array.from({ length: mode === 'batched' ? 1 : 3 }, () => '/events'),
    );
  });

  it('is read by the SDK of CloudEvents', async () => {
    const { receiver, sink } = await start({ mode });
    await sink.send(makeEvents(2));
    const events = receiver.requests.flatMap(({ headers, body }) =>
      HTTP.toEvent<ChaukasEvent>({ headers, body: String(body) }),
    );
    expect(events.map(({ id, data }) => [id, data?.event_id])).toEqual([
      ['event-1', 'event-1'],
      ['event-2', 'event-2'],
    ]);
  });

  it('of CloudEvents arrives as it was', async () => {
    const { receiver, sink } = await start({ mode });
    const own: CloudEventShape = {
      specversion: '1.0',
      id: 'a-1',
      source: '/app',
      type: 'dev.ossa.tool.called',
      subject: 'Zürich "x"',
      datacontenttype: 'application/json',
      data: { a: [1] },
    };
    await sink.sendCloudEvents([own]);
    expect(received(receiver)).toEqual([own]);
  });

  it('is signed for each secret, with the same id if it is sent again', async () => {
    const { receiver, sink } = await start({ mode, signing: { secret: SECRETS }, gzip: true });
    receiver.answer = status(500);
    await sink.send(makeEvents(2)).catch(() => {});
    receiver.answer = accept;
    await sink.send(makeEvents(2));
    for (const { headers, body } of receiver.requests) {
      for (const secret of SECRETS) {
        expect(() =>
          new Webhook(secret).verify(String(body), headers as Record<string, string>),
        ).not.toThrow();
      }
      const other = new Webhook('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
      expect(() => other.verify(String(body), headers as Record<string, string>)).toThrow();
    }
    const ids = receiver.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual(
      mode === 'batched'
        ? [expect.stringMatching(/^batch_[0-9a-f]{32}$/), ids[0]]
        : ['event-1', 'event-1', 'event-2'],
    );
  });
});

describe('A failure', () => {
  /** Accepts the first requests, and then answers with a status. */
  const after = (count: number, code: number) => {
    let n = 0;
    return (...args: Parameters<typeof accept>) => (n++ < count ? accept(...args) : status(code)(...args));
  };

  it.each<[code: number, outcome: string, affected: number | undefined]>([
    [400, 'refused', 1],
    [413, 'refused', 1],
    [429, 'retry', undefined],
    [503, 'retry', undefined],
  ])('%i of the third request leaves two events delivered: %s', async (code, outcome, affected) => {
    const { receiver, sink } = await start({ mode: 'structured' });
    receiver.answer = after(2, code);
    expect(await failure(sink.send(makeEvents(4)))).toEqual({
      message: `the endpoint answered ${code}`,
      outcome,
      delivered: 2,
      affected,
    });
  });

  it.each([
    [413, 'too-large'],
    [400, 'refused'],
  ])('%i of a batch is about all of it: %s', async (code, outcome) => {
    const { receiver, sink } = await start();
    receiver.answer = status(code);
    expect(await failure(sink.send(makeEvents(4)))).toMatchObject({
      outcome,
      delivered: 0,
      affected: undefined,
    });
  });

  it.each(MODES)('of one event, which has no id, does not hold up the others: %s', async (mode) => {
    const { receiver, sink } = await start({ mode });
    const nameless = { ...makeEvent(3), event_id: '' };
    expect(await failure(sink.send([makeEvent(1), makeEvent(2), nameless, makeEvent(4)]))).toEqual({
      message: 'the event cannot be encoded: the event has no "event_id", which a CloudEvent needs as its id',
      outcome: 'refused',
      delivered: 2,
      affected: 1,
    });
    expect(received(receiver).map(({ id }) => id)).toEqual(['event-1', 'event-2']);
  });
});

describe('Option "headers"', () => {
  it('is on each request', async () => {
    const { receiver, sink } = await start({ headers: { Authorization: KEY, 'x-team': 'audit' } });
    await sink.send([makeEvent(1)]);
    expect(receiver.requests[0]?.headers).toMatchObject({ authorization: KEY, 'x-team': 'audit' });
  });

  it('has no value in a message', async () => {
    const { receiver, sink } = await start({
      headers: { authorization: KEY },
      signing: { secret: SECRETS[0] },
    });
    receiver.answer = status(401, {
      key: 'key-7f3a',
      all: KEY,
      secret: SECRETS[0].slice(6),
      hint: 'unknown',
    });
    const { message } = await failure(sink.send([makeEvent(1)]));
    expect(message).toContain('unknown');
    expect(message).not.toMatch(/7f3a|MfKQ9r8G/);
  });
});

describe('Option "proxy"', () => {
  async function startProxy(): Promise<{ url: string; seen: string[] }> {
    const seen: string[] = [];
    const proxy = createServer().on('connect', (request, socket, head) => {
      seen.push(`${request.url} ${request.headers['proxy-authorization']}`);
      const [host = '', port] = (request.url ?? '').split(':');
      const target = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        target.write(head);
        target.pipe(socket).pipe(target);
      });
      socket.on('error', () => target.destroy());
      target.on('error', () => socket.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    onTestFinished(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    return { url: `http://joe:pass@127.0.0.1:${(proxy.address() as AddressInfo).port}`, seen };
  }

  it('leads the requests through it, with its user and password', async () => {
    const proxy = await startProxy();
    const { receiver, sink } = await start({ proxy: proxy.url });
    await sink.send([makeEvent(1)]);
    await sink.send([makeEvent(2)]);
    const authorization = `Basic ${Buffer.from('joe:pass').toString('base64')}`;
    expect([...new Set(proxy.seen)]).toEqual([`${receiver.url.slice('http://'.length)} ${authorization}`]);
    expect(received(receiver).map(({ id }) => id)).toEqual(['event-1', 'event-2']);
  });

  it('that does not answer means a retry', async () => {
    const { sink } = await start({ proxy: 'http://joe:pass@127.0.0.1:1' });
    const { message, outcome } = await failure(sink.send([makeEvent(1)]));
    expect([outcome, message]).toEqual([
      'retry',
      expect.stringMatching(/^the endpoint cannot be reached \(\w+\)$/),
    ]);
  });
});

describe('The name', () => {
  it.each([
    ['https://audit.example/events', 'http https://audit.example/events'],
    ['https://audit.example:8443/v1/events/', 'http https://audit.example:8443/v1/events/'],
    ['https://audit.example/events?key=abc', /^http https:\/\/audit\.example\/events [0-9a-f]{8}$/],
    [
      'https://hooks.example/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXX1XXXX',
      /^http https:\/\/hooks\.example\/services\/T00000000\/B00000000\/… [0-9a-f]{8}$/,
    ],
  ])('of %s is %s', (url, name) => {
    expect(new HttpSink({ url }).name).toMatch(name);
    if (typeof name === 'string') expect(new HttpSink({ url }).name).toBe(name);
  });

  it('distinguishes addresses that differ in a secret', () => {
    const names = ['a', 'b'].map((key) => new HttpSink({ url: `https://audit.example/?key=${key}` }).name);
    expect(new Set(names).size).toBe(2);
  });
});

describe('The options', () => {
  it.each(MODES)('have defaults for batches: %s', (mode) => {
    expect(new HttpSink({ url: 'https://a.example', mode, delivery: { minBatchSize: 2 } }).delivery).toEqual({
      maxBatchSize: mode === 'batched' ? 100 : 20,
      maxBatchBytes: 262_144,
      flushIntervalMillis: 1_000,
      timeoutMillis: 30_000,
      adaptiveBatching: true,
      minBatchSize: 2,
    });
  });

  const SIGNING = 'it must be base64 of 24 to 64 bytes, e.g. whsec_…, or several in an array';
  it.each<[options: object, problems: string]>([
    [
      {},
      'option "url" is missing; it must be an http or https URL without user, e.g. https://example.com/events',
    ],
    [
      { url: 'https://joe:pass@a.example?key=1' },
      `option "url" is '***@a.example?***'; it must be an http or https URL without user, e.g. https://example.com/events`,
    ],
    [
      {
        url: 'https://a.example',
        headers: { 'Content-Type': 'x', 'ce-id': 'x', 'a b': 'x', authorization: 'schlüssel' },
      },
      [
        ...['Content-Type', 'ce-id', 'a b'].map(
          (name) =>
            `option "headers['${name}']" is not accepted; it must be the name of a header that is neither about the content nor the connection`,
        ),
        `option "headers['authorization']" is a text of 9 characters; it must be a string of printable ASCII characters`,
      ].join('; '),
    ],
    [
      { url: 'https://a.example', signing: { secret: ['whsec_c2hvcnQ=', 'secret!'] } },
      `option "signing.secret" is a text of 14 characters; ${SIGNING}; option "signing.secret" is a text of 7 characters; ${SIGNING}`,
    ],
    [{ url: 'https://a.example', signing: { secret: [] } }, `option "signing.secret" is missing; ${SIGNING}`],
    [
      { url: 'https://a.example', proxy: 'joe:pass@proxy.example' },
      `option "proxy" is '***@proxy.example'; it must be an http or https URL, e.g. http://proxy.example:3128`,
    ],
    [
      { url: 'https://a.example', proxy: 'http://proxy.example', fetch },
      'options "proxy" and "fetch" are both set; remove one of them',
    ],
  ])('%o are refused', (options, problems) => {
    expect(() => new HttpSink(options as HttpSinkOptions)).toThrow(
      new TypeError(`opentelemetry-instrumentation-openai-agents: HttpSink: ${problems}`),
    );
  });
});
