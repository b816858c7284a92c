/** Classes, clients and results, for code that inspects them, copies them or replaces parts of them. */
import type * as OpenAIModule from 'openai';
import type { OpenAI } from 'openai';
import { json } from './answers.js';
import { EITHER } from './canned.js';
import { CHAT, EMBEDDINGS, MESSAGES, MODEL_APIS, RESPONSES } from './model-api.js';
import { className } from './observation.js';
import { attempt, outcome, type Scenario, until } from './scenario.js';
import { shapeOf } from './shape-of.js';

/** Every class that is reachable from the client's class: `OpenAI`, `OpenAI.Chat`, `OpenAI.Chat.Completions` … */
function classesBelow(openai: typeof OpenAIModule): Map<string, object> {
  const classes = new Map<string, object>([['APIPromise', openai.APIPromise]]);
  const visit = (name: string, value: unknown) => {
    if (typeof value !== 'function' || [...classes.values()].includes(value)) return;
    classes.set(name, value);
    for (const [part, member] of Object.entries(value))
      if (/^[A-Z]/.test(part)) visit(`${name}.${part}`, member);
  };
  visit('OpenAI', openai.OpenAI);
  visit('AzureOpenAI', openai.AzureOpenAI);
  return classes;
}

/** All members of a class's prototype. */
function membersOf(anyClass: object, describe: (code: unknown, flags: object) => unknown): unknown {
  const prototype: object = Reflect.get(anyClass, 'prototype');
  return Reflect.ownKeys(prototype).map((key) => {
    const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(prototype, key) ?? {};
    return [String(key), describe(value ?? get ?? set, flags)];
  });
}

function signatureOf(code: unknown, flags: object): unknown {
  if (typeof code !== 'function') return flags;
  return { ...flags, name: code.name, length: code.length, keys: Object.keys(code) };
}

function kindOf(code: unknown): unknown {
  const kind = Object.prototype.toString.call(code);
  if (typeof code !== 'function') return kind;
  return { kind, constructible: isConstructible(code), ownPrototype: Object.hasOwn(code, 'prototype') };
}

function isConstructible(code: object): boolean {
  try {
    Reflect.construct(Object, [], code as NewableFunction);
    return true;
  } catch {
    return false;
  }
}

/** The resources of a client, with their own keys. */
function resourcesOf(holder: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(holder)
      .filter(
        ([name, value]) => /^[a-z]/.test(name) && typeof value === 'object' && value && '_client' in value,
      )
      .map(([name, value]) => [name, { keys: Object.keys(value), below: resourcesOf(value) }]),
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

export const shapes: readonly Scenario[] = [
  {
    name: 'every member of every class: its name, length, flags and keys',
    spans: 0,
    run: async ({ openai }) =>
      [...classesBelow(openai)].map(([name, value]) => [name, membersOf(value, signatureOf)]),
  },
  {
    name: 'every member of every class: its kind, and whether it is a constructor',
    spans: 0,
    run: async ({ openai }) =>
      [...classesBelow(openai)].map(([name, value]) => [name, membersOf(value, kindOf)]),
  },
  {
    name: 'what the module exports',
    spans: 0,
    run: async ({ openai }) =>
      Object.entries(openai).map(([name, value]) => [
        name,
        typeof value,
        (value as { name?: string }).name,
        value === openai.OpenAI,
      ]),
  },
  {
    name: 'a client, and the resources that hang on it',
    spans: 0,
    run: async ({ client }) => {
      return { shape: shapeOf(client), resources: resourcesOf(client) };
    },
  },
  {
    name: 'a client after a call is what it was before',
    spans: 2,
    async run({ client }) {
      const before = [Reflect.ownKeys(client), Reflect.ownKeys(client.responses)];
      await RESPONSES.create(client);
      await RESPONSES.open(client).then(async (stream) => {
        for await (const _chunk of stream) break;
      });
      return { before, after: [Reflect.ownKeys(client), Reflect.ownKeys(client.responses)] };
    },
  },
  {
    name: 'results: their keys, JSON and copies',
    spans: 3,
    async run({ client }) {
      const seen: unknown[] = [];
      for (const api of MODEL_APIS) {
        const result = await api.create(client);
        seen.push({
          class: className(result),
          descriptors: Object.getOwnPropertyDescriptors(result),
          json: JSON.stringify(result),
          copy: structuredClone(result),
          frozen: Object.isFrozen(result),
        });
      }
      return seen;
    },
  },
  {
    name: 'a body and options that are frozen',
    spans: 3,
    async run({ client }) {
      const options = deepFreeze({ headers: { 'x-own': 'header' }, maxRetries: 0 });
      const chat = deepFreeze({ model: 'plain', messages: MESSAGES });
      const response = deepFreeze({ model: 'plain', input: MESSAGES });
      return [
        await client.chat.completions.create(chat, options),
        await client.responses.create(response, options),
        await client.embeddings.create(
          deepFreeze({ model: 'text-embedding-3-small', input: ['x'], dimensions: 2 }),
        ),
      ];
    },
  },
  {
    name: 'a body that the application changes right after the call',
    spans: 2,
    async run({ client }) {
      const messages = [...MESSAGES];
      const body = { model: 'echo', messages };
      const first = client.chat.completions.create(body);
      messages.push({ role: 'user', content: 'changed' });
      body.model = 'plain';
      const input = [...MESSAGES];
      const second = client.responses.create({ model: 'echo', input });
      input.push({ role: 'user', content: 'changed' });
      return [await first, await second, messages, body, input];
    },
  },
  {
    name: 'a result that the application changes while others read it',
    spans: 1,
    async run({ client }) {
      const promise = CHAT.create(client);
      const [first] = await Promise.all([
        promise.then((result) => Object.assign(result, { added: true })),
        promise.then((result) => Reflect.deleteProperty(result, 'usage')),
      ]);
      return [first, await promise];
    },
  },
  {
    name: 'a body that says itself how it is sent',
    spans: 1,
    async run({ client }) {
      const sent = { model: 'plain', messages: MESSAGES };
      return client.chat.completions.create({ ...sent, toJSON: () => ({ ...sent, seed: 7 }) } as typeof sent);
    },
  },
  {
    name: 'a frozen client',
    spans: 2,
    async run({ client }) {
      Object.freeze(client);
      Object.freeze(client.responses);
      Object.freeze(client.chat.completions);
      Object.freeze(client.chat);
      return [await outcome(RESPONSES.create(client)), await outcome(CHAT.create(client))];
    },
  },
  {
    name: 'a client behind a Proxy, or as a prototype',
    hasOtherClients: true,
    run: async ({ client }) => {
      const proxy = new Proxy(client, {});
      const heir: OpenAI = Object.create(client);
      return [
        await attempt(() => RESPONSES.create(proxy)),
        await attempt(() => proxy.post('/responses', { body: { model: 'plain', input: 'x' } })),
        await attempt(() => proxy.models.list()),
        await attempt(() => RESPONSES.create(heir)),
        await attempt(() => heir.post('/responses', { body: { model: 'plain', input: 'x' } })),
      ];
    },
  },
  {
    name: 'a resource of a class of the application',
    spans: 2,
    async run({ client, openai }) {
      const notes: string[] = [];
      class OwnResponses extends openai.OpenAI.Responses {
        override create = ((...args: Parameters<OpenAI.Responses['create']>) => {
          notes.push('own create');
          return openai.OpenAI.Responses.prototype.create.apply(this, args);
        }) as OpenAI.Responses['create'];
      }
      const own = new OwnResponses(client);
      const parsed = await new openai.OpenAI.Chat.Completions(client).parse({
        model: 'plain',
        messages: MESSAGES,
      });
      return { value: await own.create({ model: 'plain', input: 'x' }), notes, parsed };
    },
  },
  {
    name: 'a method that the application replaces on its client',
    spans: 2,
    async run({ client }) {
      const notes: unknown[] = [];
      const { completions } = client.chat;
      const { create } = completions;
      completions.create = function (this: unknown, ...args: unknown[]) {
        notes.push(args);
        return Reflect.apply(create, this, args);
      } as typeof create;
      const values = [
        await CHAT.create(client),
        await completions.parse({ model: 'plain', messages: MESSAGES }),
      ];
      const keys = Object.keys(completions);
      Reflect.deleteProperty(completions, 'create');
      return { notes, values, keys, restored: completions.create === create };
    },
  },
  {
    name: 'a method that the application replaces for all clients, and puts back',
    spans: 2,
    async run({ client, openai }) {
      const { prototype } = openai.OpenAI.Responses;
      const { create } = prototype;
      const notes: unknown[] = [];
      prototype.create = function (this: unknown, ...args: unknown[]) {
        notes.push(args);
        return Reflect.apply(create, this, args);
      } as typeof create;
      const replaced = await RESPONSES.create(client);
      prototype.create = create;
      return {
        replaced,
        notes,
        restored: await RESPONSES.create(client),
        same: client.responses.create === create,
      };
    },
  },
  {
    name: 'a method that is the same for all clients',
    spans: 0,
    run: async ({ newClient, openai }) => {
      const [first, second] = [newClient(), newClient()];
      return [
        first.responses.create === second.responses.create,
        first.responses.create === openai.OpenAI.Responses.prototype.create,
        first.chat.completions.create === second.chat.completions.create,
        Object.hasOwn(first.responses, 'create'),
      ];
    },
  },
  {
    name: 'the raw methods of the client',
    spans: 5,
    async run({ client }) {
      const body = { model: 'plain', messages: MESSAGES };
      const post = client.post('/chat/completions', { body });
      return [
        shapeOf(post),
        await post,
        await client.get('/models/gpt-5'),
        await client.request({ method: 'post', path: '/responses', body: { model: 'plain', input: 'x' } }),
        await outcome(client.delete('/nowhere')),
        await client.post('/chat/completions', { body }).asResponse(),
      ];
    },
  },
  {
    name: 'calls inside of calls, in handlers of one another',
    spans: 3,
    run: ({ client }) =>
      CHAT.create(client)
        .then((first) => RESPONSES.create(client).then((second) => [first, second]))
        .then(async (both) => [...both, await EMBEDDINGS.create(client)]),
  },
  {
    name: 'thirty calls at once',
    spans: 30,
    parallel: true,
    async run({ newClient, serve, requests }) {
      const client = newClient({ baseURL: await serve(json(EITHER)) });
      const values = await Promise.all(
        Array.from({ length: 15 }, () => [CHAT, RESPONSES].map((api) => api.create(client))).flat(),
      );
      await until(() => requests().length === 30);
      return new Set(values.map((value) => JSON.stringify(value))).size;
    },
  },
];
