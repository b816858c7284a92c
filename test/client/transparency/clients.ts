/** Clients of every kind: options, copies, classes of the application, other providers. */
import { getEventListeners } from 'node:events';
import type { ClientOptions, OpenAI } from 'openai';
import { json } from './answers.js';
import { EITHER } from './canned.js';
import { CHAT, EMBEDDINGS, MESSAGES, MODEL_APIS, RESPONSES, STREAMING_APIS, withFault } from './model-api.js';
import { className } from './observation.js';
import { outcome, readAll, type Scenario, type Tools, until } from './scenario.js';

function classNameOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? className(value) : typeof value;
}

/** A `fetch` that records its arguments. */
function notingFetch(notes: unknown[]): NonNullable<ClientOptions['fetch']> {
  return async (url, init) => {
    const { headers, signal, body, ...others } = init ?? {};
    notes.push({
      url,
      headers: classNameOf(headers),
      signal: classNameOf(signal),
      body: classNameOf(body),
      others,
    });
    return fetch(url, init);
  };
}

async function ask(client: OpenAI): Promise<unknown> {
  return [
    await CHAT.create(client),
    await RESPONSES.create(client),
    await EMBEDDINGS.create(client),
    await readAll(await CHAT.open(client)),
  ];
}

const azure = ({ openai, made }: Tools, origin: string, options: object = {}): OpenAI =>
  made(
    new openai.AzureOpenAI({
      endpoint: origin,
      apiKey: 'azure-key',
      apiVersion: '2025-04-01-preview',
      maxRetries: 0,
      ...options,
    }),
  );

export const clients: readonly Scenario[] = [
  {
    name: 'a fetch of the application: what it is given, and how often',
    spans: 5,
    async run({ newClient }) {
      const notes: unknown[] = [];
      const client = newClient({ fetch: notingFetch(notes), maxRetries: 1 });
      const asked = await ask(client);
      const retried = await CHAT.create(client, withFault('rate-limit;times=1;retry-after-ms=5'));
      return { asked, retried, notes };
    },
  },
  {
    name: 'a fetch that answers itself',
    spans: 2,
    async run({ newClient }) {
      const client = newClient({
        fetch: async () => Response.json(EITHER, { headers: { 'x-request-id': 'req_own' } }),
      });
      return [await CHAT.create(client).withResponse(), await RESPONSES.create(client)];
    },
  },
  {
    name: 'a response of a class of the application',
    spans: 1,
    async run({ newClient }) {
      class OwnResponse extends Response {
        readonly own = true;
      }
      const fetch = async () =>
        new OwnResponse(JSON.stringify(EITHER), { headers: { 'content-type': 'application/json' } });
      const { response } = await CHAT.create(newClient({ fetch })).withResponse();
      return [response instanceof OwnResponse, Object.keys(response)];
    },
  },
  {
    name: 'headers, query, organization and project of the client and of the call',
    spans: 2,
    async run({ newClient, serve }) {
      const client = newClient({
        baseURL: await serve(json(EITHER)),
        defaultHeaders: { 'x-default': 'client', 'x-both': 'client', 'user-agent': 'own agent' },
        defaultQuery: { default: 'client' },
        organization: 'org-own',
        project: 'proj-own',
      });
      const options = {
        headers: { 'x-both': 'call', 'x-default': null },
        query: { call: 'query', list: ['a', 'b'] },
      };
      return [await CHAT.create(client, options), await RESPONSES.create(client, options)];
    },
  },
  {
    name: 'withOptions(): a copy with other options, of the same class',
    spans: 3,
    async run({ client, newClient, serve, openai }) {
      const baseURL = await serve(json(EITHER));
      const copy = client.withOptions({ baseURL, defaultHeaders: { 'x-copy': 'yes' }, maxRetries: 3 });
      const again = copy.withOptions({ timeout: 1_000 });
      return {
        kinds: [
          copy instanceof openai.OpenAI,
          className(again),
          Object.keys(copy).join() === Object.keys(newClient()).join(),
        ],
        options: [copy.maxRetries, again.maxRetries, again.timeout],
        values: [await CHAT.create(client), await CHAT.create(copy), await RESPONSES.create(again)],
      };
    },
  },
  {
    name: 'two clients side by side do not mix',
    spans: 20,
    parallel: true,
    async run({ newClient, serve }) {
      const asking = await Promise.all(
        ['first', 'second'].map(async (id) => newClient({ baseURL: await serve(json({ ...EITHER, id })) })),
      );
      const calls = Array.from({ length: 20 }, (_call, index) => asking[index % 2] as OpenAI);
      return Promise.all(calls.map(async (client) => Reflect.get(await CHAT.create(client), 'id')));
    },
  },
  {
    name: 'a class of the application over the client',
    spans: 4,
    async run({ openai, client, made }) {
      const notes: string[] = [];
      class OwnClient extends openai.OpenAI {
        override async fetchWithTimeout(...args: Parameters<OpenAI['fetchWithTimeout']>): Promise<Response> {
          notes.push('before');
          const response = await super.fetchWithTimeout(...args);
          notes.push(`status ${response.status}`);
          return response;
        }
        protected override async prepareOptions(): Promise<void> {
          notes.push('options');
        }
        protected override async prepareRequest(request: { headers?: unknown }): Promise<void> {
          notes.push(`request with ${classNameOf(request.headers)}`);
        }
      }
      const { baseURL } = client;
      const own = made(new OwnClient({ baseURL, apiKey: 'sk-local', maxRetries: 0 }));
      const asked = await ask(own);
      return { asked, notes, kind: className(own), copy: own.withOptions({}) instanceof OwnClient };
    },
  },
  {
    name: 'a client whose own fetchWithTimeout is replaced',
    spans: 1,
    async run({ client }) {
      const notes: unknown[] = [];
      const own = client.fetchWithTimeout;
      client.fetchWithTimeout = async (url, ...others) => {
        notes.push(url, others.length);
        return own.call(client, url, ...others);
      };
      return { value: await CHAT.create(client), notes };
    },
  },
  {
    name: 'Azure: chat, responses, embeddings, streams, helpers',
    spans: 5,
    async run(tools) {
      const origin = new URL(tools.client.baseURL).origin;
      const client = azure(tools, origin);
      return {
        asked: await ask(client),
        kind: className(client),
        parsed: await client.chat.completions.parse({ model: 'plain', messages: MESSAGES }),
      };
    },
  },
  {
    name: 'Azure: a deployment of the client, and its errors',
    spans: 2,
    async run(tools) {
      const baseURL = await tools.serve(json(EITHER), json({ error: { code: '429', message: 'Busy' } }, 429));
      const client = azure(tools, new URL(baseURL).origin, { deployment: 'own-deployment' });
      return [await CHAT.create(client), await outcome(CHAT.create(client))];
    },
  },
  {
    name: 'a key that is a function',
    spans: 2,
    needs: ({ OpenAI }) => '_callApiKey' in OpenAI.prototype,
    async run({ newClient }) {
      let asked = 0;
      const client = newClient({
        apiKey: async () => {
          asked += 1;
          return `sk-number-${asked}`;
        },
        maxRetries: 1,
      });
      await CHAT.create(client);
      await CHAT.create(client, withFault('rate-limit;times=1;retry-after-ms=5'));
      return asked;
    },
  },
  {
    name: 'what the logger of the application is told',
    spans: 2,
    async run({ newClient }) {
      const told: string[] = [];
      const note =
        (level: string) =>
        (...args: unknown[]) =>
          told.push(`${level}: ${String(args[0])}`);
      const logger = { error: note('error'), warn: note('warn'), info: note('info'), debug: note('debug') };
      const client = newClient({ logger, logLevel: 'debug', maxRetries: 1 });
      await CHAT.create(client, withFault('rate-limit;times=1;retry-after-ms=5'));
      await outcome(RESPONSES.create(client, withFault('http-error;status=400')));
      return told;
    },
  },
  {
    name: 'nothing stays on a signal of the application',
    spans: 7,
    async run({ client }) {
      const { signal } = new AbortController();
      const counts: number[] = [];
      for (const api of MODEL_APIS) {
        await api.create(client, { signal });
        counts.push(getEventListeners(signal, 'abort').length);
      }
      for (const api of STREAMING_APIS) {
        await readAll(await api.open(client, { signal }));
        counts.push(getEventListeners(signal, 'abort').length);
        for await (const _chunk of await api.open(client, { signal })) break;
        counts.push(getEventListeners(signal, 'abort').length);
      }
      return counts;
    },
  },
  {
    name: 'one signal ends many calls',
    spans: 16,
    parallel: true,
    async run({ client, requests }) {
      const abort = new AbortController();
      const pending = Array.from({ length: 16 }, (_call, index) =>
        outcome(
          (index % 2 ? CHAT : RESPONSES).create(client, { ...withFault('hang'), signal: abort.signal }),
        ),
      );
      await until(() => requests().length === 16);
      abort.abort();
      return (await Promise.all(pending)).length;
    },
  },
];
