import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { context, type DiagLogger, DiagLogLevel, diag, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { CloudEvent } from 'cloudevents';
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest';
import type { CloudEventShape } from '../../src/cloudevents/cloud-event.js';
import {
  type CloudEventAttributes,
  type CloudEventSink,
  CloudEventsEmitter,
  type CloudEventsEmitterOptions,
  DeliveryError,
  MemorySink,
  OSSA_EVENT_TYPES,
} from '../../src/emitter/index.js';

const SOURCE = 'ossa/my-agent';

function emitterTo(sink: CloudEventSink, options: Partial<CloudEventsEmitterOptions> = {}) {
  return new CloudEventsEmitter({ source: SOURCE, sink, ...options });
}

/** Emits one event and returns what the sink gets. */
async function sent(
  data: unknown,
  attributes?: CloudEventAttributes,
  type = 'com.example.order',
): Promise<CloudEventShape> {
  const sink = new MemorySink();
  const emitter = emitterTo(sink);
  emitter.emit(type as string, data, attributes);
  await emitter.close();
  return sink.cloudEvents[0] as CloudEventShape;
}

afterEach(() => {
  diag.disable();
  context.disable();
});

describe('An emitted event', () => {
  test('is returned as an instance of the SDK with what is sent', async () => {
    const sink = new MemorySink();
    const emitter = emitterTo(sink);
    const event = emitter.emit(OSSA_EVENT_TYPES.AGENT_STARTED, { agent_id: '1' }, { ossaagentid: 'a' });
    await emitter.flush();
    expect(event).toBeInstanceOf(CloudEvent);
    expect(JSON.parse(JSON.stringify(event))).toEqual(sink.cloudEvents[0]);
    expectTypeOf(event.data).toMatchTypeOf<{ agent_id: string; task?: string } | undefined>();
  });

  test('has an id, a time and a media type unless they are given', async () => {
    const given = {
      id: 'my-id',
      time: '2026-03-14T10:26:53+01:00',
      source: '/elsewhere',
      datacontenttype: 'application/vnd.order+json',
      dataschema: 'https://shop.example/order',
      subject: 'order 1',
    };
    expect(await sent({ total: 1 }, given)).toStrictEqual({
      specversion: '1.0',
      type: 'com.example.order',
      ...given,
      data: { total: 1 },
    });
  });

  test.each<[unknown, object]>([
    [undefined, {}],
    [null, { datacontenttype: 'application/json', data: null }],
    ['text', { datacontenttype: 'application/json', data: 'text' }],
    [0, { datacontenttype: 'application/json', data: 0 }],
    [false, { datacontenttype: 'application/json', data: false }],
    [[1, 'ä🙂'], { datacontenttype: 'application/json', data: [1, 'ä🙂'] }],
    [{ n: 2n ** 70n }, { datacontenttype: 'application/json', data: { n: '1180591620717411303424' } }],
    [new Uint8Array([0, 255]), { datacontenttype: 'application/octet-stream', data_base64: 'AP8=' }],
    [new Uint8Array(), { datacontenttype: 'application/octet-stream', data_base64: '' }],
  ])('with the data %o has these members', async (data, members) => {
    expect(await sent(data, { id: '1', time: '2026-03-14T10:26:53Z' })).toStrictEqual({
      specversion: '1.0',
      id: '1',
      source: SOURCE,
      type: 'com.example.order',
      time: '2026-03-14T10:26:53Z',
      ...members,
    });
  });

  test('keeps text of another media type as it is', async () => {
    expect(await sent('<a/>', { datacontenttype: 'application/xml' })).toMatchObject({
      datacontenttype: 'application/xml',
      data: '<a/>',
    });
  });

  test('has the data at the time of the call', async () => {
    const sink = new MemorySink();
    const emitter = emitterTo(sink);
    const data = { rows: [1] };
    emitter.emit('com.example.rows', data);
    data.rows.push(2);
    await emitter.close();
    expect(sink.cloudEvents[0]?.data).toEqual({ rows: [1] });
  });

  test('with circular data is sent without the circle', async () => {
    const data: Record<string, unknown> = { a: 1 };
    data.self = data;
    expect((await sent(data)).data).toEqual({ a: 1, self: '[Circular]' });
  });

  test('has extensions of every type of CloudEvents', async () => {
    const extensions = {
      text: '',
      yes: true,
      count: -2_147_483_648,
      at: new Date(0),
      bytes: new Uint8Array([1]),
      none: undefined,
    };
    expect(await sent(undefined, extensions)).toMatchObject({
      text: '',
      yes: true,
      count: -2_147_483_648,
      at: '1970-01-01T00:00:00.000Z',
      bytes: 'AQ==',
    });
    expect(await sent(undefined, extensions)).not.toHaveProperty('none');
  });
});

describe('The active span', () => {
  const tracer = new NodeTracerProvider().getTracer('test');

  async function sentWithin(attributes: CloudEventAttributes) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const span = tracer.startSpan('work');
    const event = await context.with(trace.setSpan(context.active(), span), () => sent({}, attributes));
    const { traceId, spanId } = span.spanContext();
    return { event, traceId, spanId };
  }

  test('gives the trace attributes that are absent', async () => {
    const { event, traceId, spanId } = await sentWithin({});
    expect(event).toMatchObject({
      ossatraceid: traceId,
      ossaspanid: spanId,
      traceparent: `00-${traceId}-${spanId}-01`,
    });
  });

  test('gives no span id to another trace', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
    const { event } = await sentWithin({ ossatraceid: 'trace-123', traceparent });
    expect(event).toMatchObject({ ossatraceid: 'trace-123', traceparent });
    expect(event).not.toHaveProperty('ossaspanid');
  });

  test('does not replace a span id', async () => {
    const { event, traceId } = await sentWithin({ ossaspanid: 'span-1' });
    expect(event).toMatchObject({ ossaspanid: 'span-1', ossatraceid: traceId });
  });

  test('is not needed', async () => {
    for (const name of ['ossatraceid', 'ossaspanid', 'traceparent']) {
      expect(await sent({})).not.toHaveProperty(name);
    }
  });
});

describe('emit() throws a TypeError', () => {
  const RULE = '(CloudEvents 1.0.2)';
  const URI = `it must be a non-empty URI reference, such as /shop/desk ${RULE}`;
  const TIME = `it must be a time of RFC 3339, such as 2026-03-14T09:26:53Z ${RULE}`;
  const EXTENSION = `it must be a string, a boolean, an integer of 32 bits, a valid Date or bytes ${RULE}`;
  const CHARACTERS = `it must be free of control characters, lone surrogates and noncharacters ${RULE}`;

  test.each<[Record<string, unknown>, string]>([
    [{ id: '' }, `attribute "id" is ''; it must be a non-empty string ${RULE}`],
    [{ id: 1 }, `attribute "id" is 1; it must be a non-empty string ${RULE}`],
    [{ source: '' }, `attribute "source" is ''; ${URI}`],
    [{ source: 'a b' }, `attribute "source" is 'a b'; ${URI}`],
    [{ source: '%zz' }, `attribute "source" is '%zz'; ${URI}`],
    [{ source: '1a:b' }, `attribute "source" is '1a:b'; ${URI}`],
    [{ subject: '' }, `attribute "subject" is ''; it must be a non-empty string ${RULE}`],
    [{ time: 'yesterday' }, `attribute "time" is 'yesterday'; ${TIME}`],
    [{ time: '2026-02-14' }, `attribute "time" is '2026-02-14'; ${TIME}`],
    [{ time: new Date(Number.NaN) }, `attribute "time" is Date; ${TIME}`],
    [{ time: 0 }, `attribute "time" is 0; ${TIME}`],
    [
      { datacontenttype: 'json' },
      `attribute "datacontenttype" is 'json'; it must be a media type, such as application/json ${RULE}`,
    ],
    [
      { dataschema: '/schema' },
      `attribute "dataschema" is '/schema'; it must be an absolute URI, such as https://shop.example/schema ${RULE}`,
    ],
    [
      { traceparent: 'abc' },
      `attribute "traceparent" is 'abc'; it must be a traceparent of W3C Trace Context ${RULE}`,
    ],
    [{ partitionkey: '' }, `attribute "partitionkey" is ''; it must be a non-empty string ${RULE}`],
    [{ subject: 'a\nb' }, `attribute "subject" is 'a\nb'; ${CHARACTERS}`],
    [{ ossaagentid: '\ud800' }, `attribute "ossaagentid" is '\ud800'; ${CHARACTERS}`],
    [{ ossaagentid: '\uffff' }, `attribute "ossaagentid" is '\uffff'; ${CHARACTERS}`],
    [{ count: 1.5 }, `attribute "count" is 1.5; ${EXTENSION}`],
    [{ count: 2 ** 31 }, `attribute "count" is 2147483648; ${EXTENSION}`],
    [{ list: [] }, `attribute "list" is an empty array; ${EXTENSION}`],
    [{ object: {} }, `attribute "object" is an object; ${EXTENSION}`],
    [
      { myExtension: 'x' },
      `the attribute name 'myExtension' is not allowed; it must be lower-case letters and digits`,
    ],
    [{ type: 'x' }, 'attribute "type" is not allowed here; it is the first argument'],
    [{ specversion: '0.3' }, 'attribute "specversion" is not allowed here; it is always 1.0'],
    [{ data: {} }, 'attribute "data" is not allowed here; it is the second argument'],
    [
      { data_base64: '' },
      'attribute "data_base64" is not allowed here; it is the second argument, as a Uint8Array',
    ],
    [
      { datacontenttype: 'text/plain' },
      `the data is an object; with the datacontenttype 'text/plain' it must be a string or a Uint8Array`,
    ],
  ])('for %o', async (attributes, problem) => {
    const sink = new MemorySink();
    const emitter = emitterTo(sink);
    expect(() => emitter.emit('com.example.order', {}, attributes as CloudEventAttributes)).toThrow(
      new TypeError(`opentelemetry-instrumentation-openai-agents: CloudEventsEmitter.emit(): ${problem}`),
    );
    await emitter.close();
    expect(sink.cloudEvents).toEqual([]);
  });

  test.each(['', undefined, 7])('for the type %o', (type) => {
    expect(() => emitterTo(new MemorySink()).emit(type as string, {})).toThrow(
      /attribute "type" is .*non-empty string/,
    );
  });

  test('that names every problem', () => {
    expect(() => emitterTo(new MemorySink()).emit('', {}, { id: '', time: 'now' })).toThrow(
      /"type".*; .*"id".*; .*"time"/,
    );
  });

  test('for attributes that are not an object', () => {
    expect(() => emitterTo(new MemorySink()).emit('a', {}, 'x' as unknown as CloudEventAttributes)).toThrow(
      "the attributes are 'x'; they must be an object",
    );
  });
});

describe('The constructor refuses', () => {
  test.each<[unknown, string]>([
    [undefined, 'the options are undefined; they must be an object with "source"'],
    [{}, 'option "source" is missing; it must be a non-empty URI reference, such as "/shop/desk"'],
    [
      { source: 'a b' },
      `option "source" is 'a b'; it must be a non-empty URI reference, such as "/shop/desk"`,
    ],
    [
      { source: SOURCE, sink: { sendCloudEvents() {} } },
      'option "sink" is an object; it must be a sink of CloudEvents, such as new StdoutSink()',
    ],
    [{ source: SOURCE, batchSize: 0 }, 'option "batchSize" is 0; it must be a whole number above 0'],
    [
      { source: SOURCE, flushIntervalMs: -1 },
      'option "flushIntervalMs" is -1; it must be a number of milliseconds, or 0',
    ],
    [
      { source: SOURCE, deadLetter: {} },
      'option "deadLetter.path" is missing; it must be a non-empty string, because there is no option "spool"',
    ],
    [
      { source: SOURCE, spool: { directory: '' } },
      `option "spool.directory" is ''; it must be a non-empty string`,
    ],
    [
      { source: SOURCE, meterProvider: {} },
      'option "meterProvider" is an object; it must be a meter provider',
    ],
    [
      { source: SOURCE, sink: Object.assign(new MemorySink(), { delivery: { maxBatchSize: 0 } }) },
      'option "sink.delivery.maxBatchSize" is 0; it must be a whole number above 0',
    ],
    [{ source: SOURCE, batch: 1 }, 'unknown option "batch"; known options: source, sink, batchSize'],
  ])('the options %o', (options, problem) => {
    expect(() => new CloudEventsEmitter(options as CloudEventsEmitterOptions)).toThrow(problem);
  });
});

describe('The emitter', () => {
  /** A sink that keeps its batches, and fails as often as it is told. */
  class FailingSink implements CloudEventSink {
    readonly name = 'failing';
    readonly delivery;
    readonly batches: string[][] = [];
    failures: unknown[] = [];
    isShut = false;
    constructor(delivery: CloudEventSink['delivery'] = {}) {
      this.delivery = delivery;
    }
    async sendCloudEvents(events: readonly CloudEventShape[]): Promise<void> {
      const failure = this.failures.shift();
      if (failure !== undefined) throw failure;
      this.batches.push(events.map(({ id }) => id));
    }
    async forceFlush(): Promise<void> {}
    async shutdown(): Promise<void> {
      this.isShut = true;
    }
  }

  function emitIds(emitter: CloudEventsEmitter, ...ids: readonly string[]): void {
    for (const id of ids) emitter.emit('com.example.order', {}, { id });
  }

  test('sends a batch when it is full, and the rest after the interval', async () => {
    const sink = new FailingSink();
    const emitter = emitterTo(sink, { batchSize: 2, flushIntervalMs: 50 });
    emitIds(emitter, '1', '2', '3');
    await expect.poll(() => sink.batches).toEqual([['1', '2'], ['3']]);
    await emitter.close();
  });

  test('sends at the end of the turn without these options', async () => {
    const sink = new FailingSink();
    const emitter = emitterTo(sink);
    emitIds(emitter, '1', '2');
    await expect.poll(() => sink.batches).toEqual([['1', '2']]);
    await emitter.close();
  });

  test('takes the options of the sink where it has none', async () => {
    const sink = new FailingSink({ maxBatchSize: 1 });
    const emitter = emitterTo(sink);
    emitIds(emitter, '1', '2');
    await emitter.close();
    expect(sink.batches).toEqual([['1'], ['2']]);
  });

  test('sends again after a failure, and logs it', async () => {
    const warnings: unknown[][] = [];
    const logger: DiagLogger = { ...console, error: (...args) => warnings.push(args), verbose: () => {} };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    const sink = new FailingSink();
    sink.failures = [new Error('connection lost')];
    const emitter = emitterTo(sink);
    emitIds(emitter, '1');
    await emitter.flush();
    await emitter.flush();
    expect(sink.batches).toEqual([['1']]);
    expect(emitter.stats()).toMatchObject({
      name: 'failing (CloudEvents)',
      delivered: 1,
      dropped: 0,
      retried: 1,
    });
    expect(JSON.stringify(warnings)).toContain('failing');
    await emitter.close();
  });

  test('never throws for what the sink refuses, and counts it', async () => {
    const sink = new FailingSink();
    sink.failures = [new DeliveryError('no', { outcome: 'refused', affected: 1 })];
    const emitter = emitterTo(sink);
    emitIds(emitter, '1', '2');
    await emitter.close();
    expect(sink.batches).toEqual([['2']]);
    expect(emitter.stats()).toMatchObject({ delivered: 1, dropped: 1, waiting: 0 });
  });

  test('drops what does not fit into the queue', async () => {
    const sink = new FailingSink();
    const emitter = emitterTo(sink, { maxQueueSize: 2 });
    emitIds(emitter, '1', '2', '3');
    await emitter.close();
    expect(sink.batches).toEqual([['1', '2']]);
    expect(emitter.stats().dropped).toBe(1);
  });

  test('shuts the sink down, and drops what is emitted afterwards', async () => {
    const sink = new FailingSink();
    {
      await using emitter = emitterTo(sink, { batchSize: 100 });
      emitIds(emitter, '1');
      await emitter.close();
      emitIds(emitter, '2');
      expect(emitter.stats()).toMatchObject({ delivered: 1, dropped: 1 });
    }
    expect(sink.isShut).toBe(true);
    expect(sink.batches).toEqual([['1']]);
  });

  test('writes what is left when the process exits', () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('./fixtures/exit.ts', import.meta.url))],
      { encoding: 'utf8' },
    );
    expect({ stderr, status }).toEqual({ stderr: '', status: 3 });
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ id }) => id)).toEqual(['0', '1', '2']);
  });
});

test('The types know the data of OSSA types', () => {
  const check = (emitter: CloudEventsEmitter) => {
    emitter.emit('dev.ossa.tool.called', { tool_name: 'search', further: 1 });
    // @ts-expect-error - the member is tool_name.
    emitter.emit(OSSA_EVENT_TYPES.TOOL_CALLED, { name: 'search' });
    // @ts-expect-error - an agent is a string.
    emitter.emit(OSSA_EVENT_TYPES.AGENT_STARTED, { agent_id: 1 });
    const order = emitter.emit<{ total: number }>('com.example.order', { total: 1 });
    expectTypeOf(order.data).toEqualTypeOf<{ total: number } | undefined>();
    // @ts-expect-error - the type parameter says what the data is.
    emitter.emit<{ total: number }>('com.example.order', { total: '1' });
  };
  expect(check).toBeTypeOf('function');
});
