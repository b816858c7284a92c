/** Errors: their classes, fields and identity, and those that are thrown at once. */
import { json, text } from './answers.js';
import { EITHER } from './canned.js';
import { MODEL_APIS, type ModelApi, RESPONSES } from './model-api.js';
import { attempt, outcome, type Scenario, sleep } from './scenario.js';

const BODY = { error: { message: 'The reason', type: 'kind', code: 'the_code', param: 'the.param' } };

const scenariosOf = (api: ModelApi): Scenario[] => [
  ...[400, 401, 403, 404, 405, 409, 422, 429, 500, 503].map(
    (status): Scenario => ({
      name: `status ${status} as an error`,
      spans: 1,
      async run({ newClient, serve, openai }) {
        const client = newClient({ baseURL: await serve(json(BODY, status, { 'x-own': 'header' })) });
        const promise = api.create(client);
        const error = await promise.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        const again = await promise.catch((reason: unknown) => reason);
        const instances = Object.entries(openai)
          .filter(([name, value]) => name.endsWith('Error') && error instanceof (value as typeof Error))
          .map(([name]) => name);
        return { error, same: error === again, instances, json: JSON.stringify(error) };
      },
    }),
  ),
  {
    name: 'errors whose body is text, empty, or JSON of another shape',
    spans: 5,
    async run({ newClient, serve }) {
      const answers = [
        text('<html>busy</html>', 502, { 'content-type': 'text/html' }),
        text('', 500),
        json({ message: 'no envelope' }, 400),
        json({ error: 'a text' }, 400),
        json({ error: { message: { nested: true } } }, 400),
      ];
      const errors: unknown[] = [];
      for (const answer of answers) {
        errors.push(await outcome(api.create(newClient({ baseURL: await serve(answer) }))));
      }
      return errors;
    },
  },
  {
    name: 'a signal that is aborted already, or aborts with a reason',
    spans: 2,
    async run({ client }) {
      const reason = new RangeError('the reason');
      return [
        await outcome(api.create(client, { signal: AbortSignal.abort() })),
        await outcome(api.create(client, { signal: AbortSignal.abort(reason) })),
      ];
    },
  },
  {
    name: 'a fetch of the application that throws or rejects',
    spans: 3,
    async run({ newClient }) {
      const failWith = (fetch: () => Promise<Response>) => outcome(api.create(newClient({ fetch })));
      return [
        await failWith(() => {
          throw new RangeError('thrown by fetch');
        }),
        await failWith(async () => {
          throw new RangeError('rejected by fetch');
        }),
        await failWith(() => Promise.reject('a text as a reason')),
      ];
    },
  },
  {
    name: 'options that make no request',
    spans: 2,
    async run({ client }) {
      const badTimeout = { timeout: -1 } as const;
      const badHeaders = { headers: { 'bad header': 'x' } };
      return [
        await attempt(() => api.create(client, badTimeout)),
        await attempt(() => api.create(client, badHeaders)),
      ];
    },
  },
];

/** Invalid arguments, for which the SDK throws at once or returns a promise that rejects. */
const BAD_BODIES: readonly (readonly [string, () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['a text', () => 'text'],
  ['a number', () => 42],
  ['a list', () => []],
  ['an empty object', () => ({})],
  ['a bigint inside', () => ({ model: 'plain', seed: 1n })],
  [
    'itself inside',
    () => {
      const body: Record<string, unknown> = { model: 'plain' };
      body.self = body;
      return body;
    },
  ],
  [
    'a getter that throws',
    () => ({
      model: 'plain',
      get messages() {
        throw new RangeError('thrown by a getter');
      },
      get input() {
        throw new RangeError('thrown by a getter');
      },
    }),
  ],
];

const badBodies: Scenario[] = BAD_BODIES.map(([name, make]) => ({
  name: `a body that is no request: ${name}`,
  async run({ client, newClient, serve }) {
    const seen: unknown[] = [];
    const resources = [client.chat.completions, client.responses, client.embeddings];
    for (const resource of resources) {
      const create = Reflect.get(resource, 'create') as (body: unknown) => unknown;
      seen.push(await attempt(() => create.call(resource, make())));
    }
    // A server that accepts everything, to compare the request and the result.
    const lenient = newClient({ baseURL: await serve(json(EITHER)) });
    const create = Reflect.get(lenient.responses, 'create') as (body: unknown) => unknown;
    seen.push(await attempt(() => create.call(lenient.responses, make())));
    return seen;
  },
}));

export const errors: readonly Scenario[] = [
  ...MODEL_APIS.flatMap((api) =>
    scenariosOf(api).map((scenario) => ({ ...scenario, name: `${api.name}: ${scenario.name}` })),
  ),
  ...badBodies,
  {
    name: 'calls without any argument',
    async run({ client }) {
      const call = (resource: object, method: string) =>
        attempt(() => (Reflect.get(resource, method) as () => unknown).call(resource));
      const seen = [
        await call(client.chat.completions, 'create'),
        await call(client.chat.completions, 'parse'),
        await call(client.chat.completions, 'stream'),
        await call(client.chat.completions, 'retrieve'),
        await call(client.responses, 'create'),
        await call(client.responses, 'parse'),
        await call(client.responses, 'stream'),
        await call(client.responses, 'retrieve'),
        await call(client.embeddings, 'create'),
        await call(client.models, 'retrieve'),
      ];
      // Helpers start and fail a little later.
      await sleep(20);
      return seen;
    },
  },
  {
    name: 'methods that lost their object',
    async run({ client }) {
      const { create } = client.responses;
      const { create: createChat } = client.chat.completions;
      const body = { model: 'plain', input: 'x' };
      return [
        await attempt(() => create.call(undefined as never, body)),
        await attempt(() => create.call({} as never, body)),
        await attempt(() => createChat.call(null as never, { model: 'plain', messages: [] })),
        await attempt(() => create.bind(client.responses)(body)),
      ];
    },
  },
  {
    name: 'a wrong key',
    spans: 1,
    run: ({ newClient }) => outcome(RESPONSES.create(newClient({ apiKey: 'sk-bad-1234567890abcdef' }))),
  },
  {
    name: 'a key that cannot be had',
    spans: 2,
    needs: ({ OpenAI }) => 'setApiKey' in OpenAI.prototype || '_callApiKey' in OpenAI.prototype,
    async run({ newClient }) {
      const failing = async (): Promise<string> => {
        throw new RangeError('no key today');
      };
      return [
        await outcome(RESPONSES.create(newClient({ apiKey: failing }))),
        await outcome(RESPONSES.create(newClient({ apiKey: async () => 'sk-made-for-this-request' }))),
      ];
    },
  },
];
