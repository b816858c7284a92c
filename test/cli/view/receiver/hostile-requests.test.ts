// Requests that are wrong, huge or hostile: each has an answer of OTLP, and the receiver takes the next one.
import { statSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  ErrorStatusSchema,
  TraceRequestSchema,
  TraceResponseSchema,
} from '../../../../src/cli/view/receiver/generated/otlp/v1/otlp_pb.js';
import { eventLines } from '../../../../src/testing/event-lines.js';
import { type RunningReceiver, startReceiver } from './start-receiver.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const GZIP = { 'content-encoding': 'gzip' };
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const MIB = 1024 * 1024;

function spanId(number: number): string {
  return number.toString(16).padStart(16, '0');
}

/** A tool call as a span of OTLP's JSON. */
function toolSpan(id: number, parent?: number, more: object = {}): object {
  return {
    traceId: TRACE,
    spanId: spanId(id),
    ...(parent !== undefined && { parentSpanId: spanId(parent) }),
    name: 'execute_tool',
    kind: 1,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: 1700000000001000000,
    attributes: [
      { key: 'gen_ai.operation.name', value: { stringValue: 'execute_tool' } },
      { key: 'gen_ai.tool.name', value: { stringValue: `tool ${id}` } },
    ],
    ...more,
  };
}

function requestOf(...spans: object[]): string {
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ scope: { name: 'x' }, spans }] }] });
}

function sendSpans({ post }: RunningReceiver, ...spans: object[]): Promise<Response> {
  return post('/v1/traces', requestOf(...spans), JSON_TYPE);
}

function nested(depth: number): string {
  return `${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}`;
}

const REFUSED: readonly (readonly [
  string,
  number,
  string,
  string | Uint8Array<ArrayBuffer>,
  Record<string, string>,
])[] = [
  ['no content type', 415, '/v1/traces', new Uint8Array(3), {}],
  ['another content type', 415, '/v1/logs', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['another content coding', 415, '/v1/traces', '{}', { ...JSON_TYPE, 'content-encoding': 'br' }],
  ['a body that is not gzip', 400, '/v1/traces', 'no gzip', { ...PROTOBUF, ...GZIP }],
  [
    'gzip that is cut off',
    400,
    '/v1/traces',
    new Uint8Array(gzipSync('{}')).slice(0, -4),
    { ...JSON_TYPE, ...GZIP },
  ],
  ['bytes that are not protobuf', 400, '/v1/traces', new Uint8Array(9).fill(255), PROTOBUF],
  ['text that is not JSON', 400, '/v1/logs', '{', JSON_TYPE],
  ['JSON that is not an object', 400, '/v1/traces', '[]', JSON_TYPE],
  ['a member of another type', 400, '/v1/traces', '{"resourceSpans":"x"}', JSON_TYPE],
  ['JSON that is nested 100,000 deep', 400, '/v1/logs', `{"resourceLogs":${'['.repeat(100_000)}`, JSON_TYPE],
  [
    'a value that is nested 5,000 deep',
    400,
    '/v1/logs',
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${nested(5000)}}]}]}]}`,
    JSON_TYPE,
  ],
  ['events that are not a list', 400, '/v1/events/batch', '{"events":1}', JSON_TYPE],
  ['an event that is empty', 400, '/v1/events', new Uint8Array(), PROTOBUF],
  ['a path that is not there', 404, '/v1/metrics', '{}', JSON_TYPE],
  ['a path of every object', 404, '/constructor', '{}', JSON_TYPE],
  ['17 MiB', 413, '/v1/traces', new Uint8Array(17 * MIB), PROTOBUF],
  ['gzip that expands to 1 GiB', 413, '/v1/traces', bomb(), { ...PROTOBUF, ...GZIP }],
];

/** Many members of gzip in a row, each of 16 MiB. */
function bomb(): Uint8Array<ArrayBuffer> {
  const member = gzipSync(Buffer.alloc(16 * MIB));
  return new Uint8Array(Buffer.concat(Array.from({ length: 64 }, () => member)));
}

describe('A request with', () => {
  it.each(REFUSED)('%s is answered with %i', async (_what, status, to, body, headers) => {
    const receiver = await startReceiver();
    const response = await receiver.post(to, body, headers);
    expect(response.status).toBe(status);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const isProtobuf = response.headers.get('content-type') === 'application/x-protobuf';
    const { message } = isProtobuf
      ? fromBinary(ErrorStatusSchema, bytes)
      : (JSON.parse(Buffer.from(bytes).toString()) as { message: string });
    expect(message).toMatch(/\w/);
    expect(receiver.receiver.state()).toMatchObject({ spans: 0, events: 0, refused: 1 });
    expect((await sendSpans(receiver, toolSpan(1))).status).toBe(200);
    expect(await receiver.events()).toHaveLength(4);
  });

  it('GET is answered with 405', async () => {
    const { url } = await startReceiver();
    const response = await fetch(`${url}/v1/traces`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('no length and no end is answered with 413 after 16 MiB', async () => {
    const { receiver } = await startReceiver();
    let sent = 0;
    const body = async function* () {
      for (; ; sent += 1) yield new Uint8Array(MIB);
    };
    const { status, headers } = await receiver.answer({
      method: 'POST',
      pathname: '/v1/traces',
      headers: PROTOBUF,
      body: body(),
    });
    expect([status, headers.connection, sent]).toEqual([413, 'close', 16]);
  });

  it('bodies of more than 64 MiB at the same time is answered with 503 and a time to wait', async () => {
    const receiver = await startReceiver();
    let opened = 0;
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = Array.from({ length: 5 }, () =>
      receiver.receiver.answer({
        method: 'POST',
        pathname: '/v1/traces',
        headers: PROTOBUF,
        body: (async function* () {
          yield new Uint8Array(15 * MIB);
          opened += 1;
          await released;
        })(),
      }),
    );
    await expect.poll(() => opened).toBe(4);
    release();
    const answers = await Promise.all(slow);
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.map(({ headers }) => headers['retry-after'])).toEqual(['2']);
    expect((await sendSpans(receiver, toolSpan(1))).status).toBe(200);
  });
});

describe('Spans with', () => {
  it('wrong ids are rejected alone, in both forms', async () => {
    const receiver = await startReceiver();
    const wrong = [
      toolSpan(2, undefined, { traceId: 'zz' }),
      toolSpan(3, undefined, { spanId: spanId(0) }),
      toolSpan(4, undefined, { traceId: undefined }),
    ];
    const json = await sendSpans(receiver, toolSpan(1), ...wrong);
    const message = 'a span has no valid trace id or span id';
    expect(await json.json()).toEqual({ partialSuccess: { rejectedSpans: '3', errorMessage: message } });
    const span = { traceId: new Uint8Array(15), spanId: new Uint8Array(8), name: 'x' };
    const bytes = toBinary(
      TraceRequestSchema,
      create(TraceRequestSchema, { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    );
    const binary = await receiver.post('/v1/traces', new Uint8Array(bytes), PROTOBUF);
    const { partialSuccess } = fromBinary(TraceResponseSchema, new Uint8Array(await binary.arrayBuffer()));
    expect(partialSuccess).toMatchObject({ rejectedSpans: 1n, errorMessage: message });
    expect(receiver.receiver.state().spans).toBe(1);
  });

  it('a circle of parents become events, each once', async () => {
    const receiver = await startReceiver();
    await sendSpans(receiver, toolSpan(1, 2), toolSpan(2, 3), toolSpan(3, 1), toolSpan(4, 4));
    const types = (await receiver.events()).map(({ type }) => type);
    expect(types.filter((type) => type === 'EVENT_TYPE_TOOL_CALL_START')).toHaveLength(4);
    expect(types.filter((type) => type === 'EVENT_TYPE_TOOL_CALL_END')).toHaveLength(4);
  });

  it('the same id twice become the events of the last one', async () => {
    const receiver = await startReceiver();
    await sendSpans(receiver, toolSpan(1), toolSpan(1));
    expect(await receiver.events()).toHaveLength(4);
  });

  it('times and attributes that are no use become events all the same', async () => {
    const receiver = await startReceiver();
    const odd = [
      { key: '__proto__', value: { stringValue: 'x' } },
      { key: 'none' },
      { key: 'big', value: { intValue: '9223372036854775807' } },
      { key: 'bytes', value: { bytesValue: 'AAEC' } },
      { key: 'deep', value: { kvlistValue: { values: [{ key: 'a', value: { arrayValue: {} } }] } } },
      { key: 'gen_ai.operation.name', value: { stringValue: 'execute_tool' } },
      { key: 'gen_ai.tool.name', value: { stringValue: '\u001b[31m<script>' } },
    ];
    const times = { startTimeUnixNano: '18446744073709551615', endTimeUnixNano: '0', kind: -7 };
    const { status } = await sendSpans(receiver, toolSpan(1, undefined, { ...times, attributes: odd }));
    expect(status).toBe(200);
    expect(eventLines(await receiver.events()).map((line) => line.trim().split(' ')[0])).toEqual([
      'SESSION_START',
      'TOOL_CALL_START',
      'TOOL_CALL_END',
      'SESSION_END',
    ]);
  });

  it('5,000 generations become 10,000 events in their order', async () => {
    const receiver = await startReceiver();
    const spans = Array.from({ length: 5000 }, (_, index) => toolSpan(5000 - index, 4999 - index));
    await sendSpans(receiver, ...spans);
    const events = await receiver.events();
    expect(events).toHaveLength(10_002);
    expect(events[1]?.tool_call?.name).toBe('tool 1');
    expect(events[5000]?.tool_call?.name).toBe('tool 5000');
  });
});

describe('The files of a receiver', () => {
  it('are readable by their user alone', async () => {
    const receiver = await startReceiver();
    await sendSpans(receiver, toolSpan(1));
    await receiver.lines();
    const [file = ''] = receiver.files;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  });

  it('stay within their limit, and the oldest are gone', async () => {
    const maxBytes = 200_000;
    const receiver = await startReceiver({ maxBytes });
    for (let index = 1; index <= 300; index += 1) {
      const traceId = index.toString(16).padStart(32, '0');
      await sendSpans(receiver, toolSpan(index, undefined, { traceId }));
    }
    const lines = await receiver.lines();
    const bytes = receiver.files.reduce((sum, file) => sum + statSync(file).size, 0);
    expect(bytes).toBeLessThanOrEqual(maxBytes);
    expect(bytes).toBeGreaterThan(maxBytes / 2);
    const { events, removed } = receiver.receiver.state();
    expect(removed).toBeGreaterThan(0);
    expect(lines).toHaveLength(events - removed);
    expect(lines.at(-1)).toContain('EVENT_TYPE_SESSION_END');
  });
});
