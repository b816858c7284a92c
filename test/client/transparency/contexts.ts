/** The contexts in which the client calls the application's code. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Span, type SpanContext, trace } from '@opentelemetry/api';
import type { OpenAI } from 'openai';
import { CHAT, MESSAGES, MODEL_APIS, type ModelApi, STREAMING_APIS, withFault } from './model-api.js';
import { outcome, type Scenario, type Tools } from './scenario.js';

type Note = (place: string) => void;

/** One call with the application's code in every possible place. */
async function visitAll(api: ModelApi, client: OpenAI, note: Note): Promise<void> {
  note('before');
  const promise = api.create(client);
  note('after the call');
  await promise.then(() => note('then')).finally(() => note('finally'));
  await promise;
  note('after await');
  await promise.withResponse().then(() => note('withResponse'));
  await api.create(client, withFault('http-error;status=400')).catch(() => note('catch'));
  note('at the end');
}

async function visitStreams(client: OpenAI, note: Note): Promise<void> {
  for (const api of STREAMING_APIS) {
    const stream = await api.open(client);
    for await (const _chunk of stream) {
      note('in the loop');
      await null;
      note('in the loop, later');
    }
    note('after the loop');
  }
  const helper = client.chat.completions.stream({ model: 'plain', messages: MESSAGES });
  for (const event of ['connect', 'chunk', 'content', 'end'] as const) helper.on(event, () => note(event));
  await helper.done();
  note('after done');
  const responses = client.responses.stream({ model: 'plain', input: 'x' });
  responses.on('event', () => note('event'));
  for await (const _event of responses) note('in the loop of a helper');
}

async function visitTools(client: OpenAI, note: Note): Promise<void> {
  const tools = ['a', 'b'].map((name) => ({
    type: 'function' as const,
    function: {
      name,
      description: name,
      parameters: {},
      function: async () => {
        note(`tool ${name}`);
        await null;
        note(`tool ${name}, later`);
        return name;
      },
    },
  }));
  const runner = client.chat.completions.runTools({ model: 'two-tools', messages: MESSAGES, tools });
  runner.on('message', () => note('message'));
  await runner.done();
  note('after the run');
}

/** Records the value of the application's own async storage in each place. */
function inStorage(visit: (client: OpenAI, note: Note) => Promise<void>) {
  return async ({ client, newClient }: Tools): Promise<unknown> => {
    const storage = new AsyncLocalStorage<string>();
    const notes: string[] = [];
    const note: Note = (place) => notes.push(`${place}: ${storage.getStore()}`);
    const own = newClient({
      baseURL: client.baseURL,
      fetch: async (...args) => {
        note('fetch');
        return fetch(...args);
      },
    });
    await Promise.all(['left', 'right'].map((name) => storage.run(name, () => visit(own, note))));
    note('outside');
    return notes.sort();
  };
}

/** Records the active span in each place. It is the application's own wherever its code runs, or the parent of a tool's. */
function inSpan(visit: (client: OpenAI, note: Note) => Promise<void>) {
  return async ({ client }: Tools): Promise<unknown> => {
    const names = new Map<Span | undefined, string>();
    const notes: string[] = [];
    let requestId = '';
    const note: Note = (place) => {
      const active = trace.getActiveSpan();
      const parent = (active as { parentSpanContext?: SpanContext } | undefined)?.parentSpanContext?.spanId;
      notes.push(`${place}: ${names.get(active) ?? (parent === requestId ? 'request' : 'another')}`);
    };
    names.set(undefined, 'none');
    await trace.getTracer('application').startActiveSpan('request', async (span) => {
      requestId = span.spanContext().spanId;
      names.set(span, 'request');
      await visit(client, note);
      span.end();
    });
    note('outside');
    return notes;
  };
}

export const contexts: readonly Scenario[] = [
  ...MODEL_APIS.flatMap((api): Scenario[] => [
    {
      name: `${api.name}: a storage of the application is around all its code`,
      spans: 4,
      parallel: true,
      run: inStorage((client, note) => visitAll(api, client, note)),
    },
    {
      name: `${api.name}: a span of the application is active in all its code`,
      spans: 2,
      run: inSpan((client, note) => visitAll(api, client, note)),
    },
  ]),
  {
    name: 'streams: a storage of the application is around all its code',
    spans: 8,
    parallel: true,
    run: inStorage(visitStreams),
  },
  {
    name: 'streams: a span of the application is active in all its code',
    spans: 4,
    run: inSpan(visitStreams),
  },
  {
    name: 'tools: a storage of the application is around all its code',
    spans: 8,
    parallel: true,
    run: inStorage(visitTools),
  },
  { name: 'tools: a span of the application is active in all its code', spans: 4, run: inSpan(visitTools) },
  {
    name: 'a call that throws leaves the span of the application active',
    async run({ client }) {
      const bad = () => CHAT.create(client, { headers: { 'bad header': 'x' } });
      return trace.getTracer('application').startActiveSpan('request', async (span) => {
        const active = () => trace.getActiveSpan() === span;
        const seen: boolean[] = [];
        try {
          Reflect.apply(client.embeddings.create, client.embeddings, []);
        } catch {
          seen.push(active());
        }
        await outcome(bad());
        seen.push(active());
        span.end();
        return seen;
      });
    },
  },
];
