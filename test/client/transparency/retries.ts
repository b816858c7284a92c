/** Retries: the number of requests, their distance, their headers, and the final result of the application. */

import { type Answer, events, json, stalled, text } from './answers.js';
import { EITHER } from './canned.js';
import { CHAT, RESPONSES, STREAMING_APIS, type StreamingApi, withFault } from './model-api.js';
import { outcome, readAll, type Scenario, type SeenRequest, sleep, until } from './scenario.js';

const SOON = { 'retry-after-ms': '5' };
const refusal = (status: number, headers: Record<string, string> = SOON): Answer =>
  json({ error: { message: `status ${status}`, type: 'refused', code: 'no', param: null } }, status, headers);

/** The least distance between the requests. It is never exact, because timers are late. */
function apart(requests: readonly SeenRequest[], ms: number): boolean[] {
  return requests
    .slice(1)
    .map(({ receivedAt }, index) => receivedAt - (requests[index]?.receivedAt ?? 0) >= ms - 2);
}

const scenariosOf = (api: StreamingApi): Scenario[] => [
  ...[408, 409, 429, 500, 503].map(
    (status): Scenario => ({
      name: `status ${status} is retried`,
      spans: 1,
      async run({ newClient, serve }) {
        const client = newClient({ baseURL: await serve(refusal(status), json(EITHER)), maxRetries: 2 });
        return api.create(client).withResponse();
      },
    }),
  ),
  ...[400, 401, 403, 404, 422].map(
    (status): Scenario => ({
      name: `status ${status} is not retried`,
      spans: 1,
      async run({ newClient, serve }) {
        const client = newClient({ baseURL: await serve(refusal(status), json(EITHER)), maxRetries: 2 });
        return outcome(api.create(client));
      },
    }),
  ),
  {
    name: 'the server says itself whether to retry',
    spans: 2,
    async run({ newClient, serve }) {
      const never = await serve(refusal(500, { ...SOON, 'x-should-retry': 'false' }), json(EITHER));
      const always = await serve(refusal(400, { ...SOON, 'x-should-retry': 'true' }), json(EITHER));
      return [
        await outcome(api.create(newClient({ baseURL: never, maxRetries: 2 }))),
        await outcome(api.create(newClient({ baseURL: always, maxRetries: 2 }))),
      ];
    },
  },
  {
    name: 'every retry waits as long as it is told, in milliseconds or seconds',
    spans: 1,
    async run({ newClient, serve, requests }) {
      const answers = [
        refusal(429, { 'retry-after-ms': '30' }),
        refusal(429, { 'retry-after': '0.04' }),
        json(EITHER),
      ];
      const value = await api.create(newClient({ baseURL: await serve(...answers), maxRetries: 2 }));
      return { value, apart: apart(requests(), 30) };
    },
  },
  {
    name: 'when the retries are used up, the last error is the one',
    spans: 1,
    async run({ newClient, serve }) {
      const client = newClient({
        baseURL: await serve(refusal(500), refusal(429), refusal(503)),
        maxRetries: 2,
      });
      return outcome(api.create(client));
    },
  },
  {
    name: 'the number of retries, of the client and of the call',
    spans: 3,
    async run({ newClient, serve }) {
      const always = () => serve(refusal(500));
      return [
        await outcome(api.create(newClient({ baseURL: await always(), maxRetries: 0 }))),
        await outcome(api.create(newClient({ baseURL: await always(), maxRetries: 0 }), { maxRetries: 1 })),
        await outcome(api.create(newClient({ baseURL: await always(), maxRetries: 5 }), { maxRetries: 0 })),
      ];
    },
  },
  {
    name: 'the retry count is sent, unless the application sends its own or none',
    spans: 3,
    async run({ newClient, serve }) {
      const client = async () =>
        newClient({ baseURL: await serve(refusal(500), json(EITHER)), maxRetries: 1 });
      await api.create(await client());
      await api.create(await client(), { headers: { 'X-Stainless-Retry-Count': '42' } });
      await api.create(await client(), { headers: { 'X-Stainless-Retry-Count': null } });
    },
  },
  {
    name: 'an idempotency key goes with every attempt',
    spans: 1,
    async run({ newClient, serve }) {
      const client = newClient({ baseURL: await serve(refusal(500), json(EITHER)), maxRetries: 1 });
      Reflect.set(client, 'idempotencyHeader', 'idempotency-key');
      return api.create(client, { idempotencyKey: 'the application chose it' });
    },
  },
  {
    name: 'a stream is retried before it begins',
    spans: 1,
    async run({ newClient }) {
      const options = withFault('rate-limit;times=1;retry-after-ms=5');
      const stream = await api.open(newClient({ maxRetries: 1 }), options);
      return readAll(stream);
    },
  },
  {
    name: 'never awaited, it is retried all the same',
    spans: 1,
    async run({ newClient, serve, requests, unhandled }) {
      const client = newClient({ baseURL: await serve(refusal(500)), maxRetries: 1 });
      void api.create(client);
      await until(() => unhandled().length > 0);
      return requests().length;
    },
  },
  {
    name: 'an abort while it waits for the next attempt',
    spans: 1,
    async run({ newClient, serve, requests }) {
      const client = newClient({
        baseURL: await serve(refusal(500, { 'retry-after-ms': '200' }), json(EITHER)),
        maxRetries: 1,
      });
      const abort = new AbortController();
      const promise = outcome(api.create(client, { signal: abort.signal }));
      await until(() => requests().length > 0);
      await sleep(10);
      abort.abort();
      return promise;
    },
  },
  {
    name: 'a time limit',
    spans: 1,
    run: ({ newClient }) => outcome(api.create(newClient({ timeout: 40 }), withFault('hang'))),
  },
  {
    name: 'the body ends in the middle',
    spans: 1,
    run: ({ client }) => outcome(api.create(client, withFault('cut;after-chunks=1'))),
  },
  {
    name: 'the body is no JSON',
    spans: 1,
    async run({ newClient, serve }) {
      const broken = text('{"broken": ', 200, { 'content-type': 'application/json' });
      return outcome(api.create(newClient({ baseURL: await serve(broken) })));
    },
  },
  {
    name: 'a body that is text, and one that is empty',
    spans: 3,
    async run({ newClient, serve }) {
      const ask = async (answer: Answer) => outcome(api.create(newClient({ baseURL: await serve(answer) })));
      return [
        await ask(text('only text', 200, { 'content-type': 'text/plain' })),
        await ask(text('', 200, { 'content-type': 'application/json', 'content-length': '0' })),
        await ask((response) => response.writeHead(204).end()),
      ];
    },
  },
  {
    name: 'a body that is JSON of another shape',
    spans: 4,
    async run({ newClient, serve }) {
      const ask = async (body: unknown) =>
        outcome(api.create(newClient({ baseURL: await serve(json(body)) })));
      return [
        await ask(null),
        await ask([1, 2]),
        await ask('text'),
        await ask({ choices: 7, output: 'none' }),
      ];
    },
  },
  {
    name: 'a stream of another shape',
    spans: 1,
    async run({ newClient, serve }) {
      const odd = events({ choices: 'none', type: 7 }, [1], 'null', { choices: [null] }, '[DONE]');
      return readAll(await api.open(newClient({ baseURL: await serve(odd) })));
    },
  },
  {
    name: 'a stream without an end mark, and one without anything',
    spans: 2,
    async run({ newClient, serve }) {
      const read = async (answer: Answer) =>
        readAll(await api.open(newClient({ baseURL: await serve(answer) })));
      return [await read(events({ choices: [] })), await read(events())];
    },
  },
];

export const retries: readonly Scenario[] = [
  ...STREAMING_APIS.flatMap((api) =>
    scenariosOf(api).map((scenario) => ({ ...scenario, name: `${api.name}: ${scenario.name}` })),
  ),
  {
    name: 'a connection that is cut is retried',
    spans: 1,
    run: ({ newClient }) => CHAT.create(newClient({ maxRetries: 1 }), withFault('cut;times=1')),
  },
  {
    name: 'a request that takes too long is retried',
    spans: 1,
    run: ({ newClient }) =>
      CHAT.create(newClient({ timeout: 1_500, maxRetries: 1 }), withFault('hang;times=1')),
  },
  {
    // Up to 7.0.0 the SDK waits forever. Later versions send the request again.
    name: 'a body that begins and stops, longer than the time limit',
    spans: 1,
    async run({ newClient, serve }) {
      const baseURL = await serve(stalled('{"id": '), json(EITHER));
      const client = newClient({ baseURL, timeout: 1_500, maxRetries: 1 });
      const promise = RESPONSES.create(client);
      return Promise.race([outcome(promise.withResponse()), sleep(8_000).then(() => 'still waiting')]);
    },
  },
  {
    name: 'nobody listens',
    spans: 1,
    run: ({ newClient }) => outcome(RESPONSES.create(newClient({ baseURL: 'http://127.0.0.1:9/v1' }))),
  },
];
