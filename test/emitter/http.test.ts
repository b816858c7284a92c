/** An emitter and a real HTTP server. */
import { HTTP } from 'cloudevents';
import {
  CloudEventsEmitter,
  fromHttpMessage,
  HttpSink,
  MemorySink,
  OSSA_EVENT_TYPES,
} from 'opentelemetry-instrumentation-openai-agents/cloudevents';
import { describe, expect, test } from 'vitest';
import { emitWorkflow } from '../../examples/cloudevents/workflow.js';
import { startReceiver, status } from '../sinks/http/receiver.js';

const SOURCE = 'ossa/workflow-agent';

describe('A workflow over HTTP', () => {
  test.each([
    ['batched', [5, 1]],
    ['structured', [1, 1, 1, 1, 1, 1]],
    ['binary', [1, 1, 1, 1, 1, 1]],
  ] as const)('in %s mode arrives as it was emitted', async (mode, sizes) => {
    const receiver = await startReceiver();
    const memory = new MemorySink();
    const http = new HttpSink({ url: receiver.url, mode });
    // Both destinations get the same events.
    const sink = {
      name: 'both',
      sendCloudEvents: async (...args: Parameters<HttpSink['sendCloudEvents']>) => {
        await memory.sendCloudEvents(args[0]);
        await http.sendCloudEvents(...args);
      },
      forceFlush: () => http.forceFlush(),
      shutdown: () => http.shutdown(),
    };
    const emitter = new CloudEventsEmitter({ source: SOURCE, sink, batchSize: 5 });
    emitWorkflow(emitter);
    await emitter.close();

    const messages = receiver.requests.map(({ headers, body }) => fromHttpMessage(headers, body));
    expect(messages.map((events) => events.length)).toEqual(sizes);
    expect(messages.flat()).toEqual(memory.cloudEvents);
    const bySdk = receiver.requests.flatMap(({ headers, body }) =>
      HTTP.toEvent({ headers, body: body.toString() }),
    );
    expect(JSON.parse(JSON.stringify(bySdk))).toEqual(memory.cloudEvents);
  });
});

describe('An emitter whose endpoint', () => {
  test('answers 503 sends again, and loses nothing', async () => {
    const receiver = await startReceiver();
    const accept = receiver.answer;
    receiver.answer = (response, request) => {
      receiver.answer = accept;
      status(503)(response, request);
    };
    const sink = new HttpSink({ url: receiver.url, delivery: { retry: { initialDelayMillis: 1 } } });
    const emitter = new CloudEventsEmitter({ source: SOURCE, sink, flushIntervalMs: 0 });
    emitter.emit(OSSA_EVENT_TYPES.STATE_UPDATED, { state: { stock: 3 } });
    await expect.poll(() => receiver.requests.length).toBe(2);
    await emitter.close();
    expect(receiver.requests[1]?.body).toEqual(receiver.requests[0]?.body);
    expect(emitter.stats()).toMatchObject({ delivered: 1, dropped: 0, retried: 1 });
  });

  test('answers 400 drops the event, counts it, and throws nothing', async () => {
    const receiver = await startReceiver();
    receiver.answer = status(400, 'no');
    const emitter = new CloudEventsEmitter({ source: SOURCE, sink: new HttpSink({ url: receiver.url }) });
    emitter.emit(OSSA_EVENT_TYPES.STATE_UPDATED, { state: {} });
    await emitter.close();
    expect(emitter.stats()).toMatchObject({ delivered: 0, dropped: 1, waiting: 0 });
  });

  test('is sent text with a lone surrogate in binary mode gets U+FFFD in its place', async () => {
    const receiver = await startReceiver();
    const sink = new HttpSink({ url: receiver.url, mode: 'binary' });
    const emitter = new CloudEventsEmitter({ source: SOURCE, sink });
    emitter.emit('com.example.a', { total: 1 });
    emitter.emit('com.example.b', '\ud800', { datacontenttype: 'text/plain' });
    emitter.emit('com.example.c', new Uint8Array([0, 255]));
    await emitter.close();
    const events = receiver.requests.flatMap(({ headers, body }) => fromHttpMessage(headers, body));
    expect(events.map(({ type }) => type)).toEqual(['com.example.a', 'com.example.b', 'com.example.c']);
    expect(events[1]?.data).toBe('\ufffd');
    expect(events[2]?.data_base64).toBe('AP8=');
    expect(emitter.stats()).toMatchObject({ delivered: 3, dropped: 0 });
  });
});
