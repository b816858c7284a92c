/** The promise of a call: its identity, when it reads the body, and whom it notifies. */
import { MODEL_APIS, type ModelApi, withFault } from './model-api.js';
import { outcome, type Scenario, sleep, until } from './scenario.js';
import { shapeOf } from './shape-of.js';

const scenariosOf = (api: ModelApi): Scenario[] => [
  {
    name: 'the promise shows itself as the SDK made it',
    spans: 1,
    async run({ client, openai }) {
      const promise = api.create(client);
      const { APIPromise } = openai;
      const seen = {
        shape: shapeOf(promise),
        instance: [promise instanceof APIPromise, promise instanceof Promise],
        prototype: Object.getPrototypeOf(promise) === APIPromise.prototype,
      };
      await promise;
      return seen;
    },
  },
  {
    name: 'its methods have the names and lengths of the SDK, and give the same kinds of promise',
    spans: 1,
    async run({ client }) {
      const promise = api.create(client);
      const methods = [
        promise.then,
        promise.catch,
        promise.finally,
        promise.asResponse,
        promise.withResponse,
        promise._thenUnwrap,
      ];
      const given = [
        promise.then(),
        promise.catch(() => {}),
        promise.finally(() => {}),
        promise.withResponse(),
        promise._thenUnwrap((data) => data),
        Promise.resolve(promise),
      ];
      await promise;
      return { methods: methods.map(({ name, length }) => ({ name, length })), given };
    },
  },
  {
    name: 'awaited twice gives the same object',
    spans: 1,
    async run({ client }) {
      const promise = api.create(client);
      const [first, second] = [await promise, await promise];
      return { first, same: first === second };
    },
  },
  {
    name: 'then, catch and finally are called in their order',
    spans: 1,
    async run({ client }) {
      const order: string[] = [];
      const promise = api.create(client);
      const notes = [
        promise.then(() => order.push('first then')),
        promise.finally(() => order.push('finally')),
        promise.catch(() => order.push('catch')),
        promise.then(
          () => order.push('second then'),
          () => order.push('rejected'),
        ),
        promise.then().then(() => order.push('after a then without handlers')),
        promise.then(null, null).then(() => order.push('after a then of nulls')),
      ];
      await Promise.all(notes);
      return order;
    },
  },
  {
    name: 'handlers change the value, or replace it by an error',
    spans: 3,
    async run({ client }) {
      return [
        await api.create(client).then(() => 'another value'),
        await outcome(
          api.create(client).then(() => {
            throw new RangeError('thrown in then');
          }),
        ),
        await outcome(
          api.create(client).finally(() => {
            throw new RangeError('thrown in finally');
          }),
        ),
      ];
    },
  },
  {
    name: 'a failure reaches every handler as the same error',
    spans: 1,
    async run({ client }) {
      const promise = api.create(client, withFault('http-error;status=400;message=No'));
      const order: string[] = [];
      const errors = await Promise.all([
        promise.catch((error: unknown) => error),
        promise.then(
          () => 'resolved',
          (error: unknown) => error,
        ),
        promise.finally(() => order.push('finally')).catch((error: unknown) => error),
        outcome(promise).then((result) => (result as { error: unknown }).error),
      ]);
      return { errors, order, same: new Set(errors).size === 1 };
    },
  },
  {
    name: 'several at once, by the combinators of promises',
    spans: 7,
    parallel: true,
    async run({ client }) {
      const failing = () => api.create(client, withFault('http-error;status=422'));
      return {
        all: await Promise.all([api.create(client), api.create(client)]),
        failed: await outcome(Promise.all([api.create(client), failing()])),
        any: await Promise.any([failing(), api.create(client)]),
        settled: await Promise.allSettled([failing()]),
      };
    },
  },
  {
    name: 'withResponse() gives data and response',
    spans: 1,
    async run({ client }) {
      const promise = api.create(client);
      const answer = await promise.withResponse();
      const again = await promise.withResponse();
      const same = [
        answer.data === again.data,
        answer.response === again.response,
        answer.data === (await promise),
      ];
      return { answer, same };
    },
  },
  {
    name: 'withResponse() of a failed call rejects',
    spans: 1,
    run: ({ client }) => outcome(api.create(client, withFault('http-error;status=403')).withResponse()),
  },
  {
    name: 'asResponse() leaves the body to the application',
    spans: 1,
    async run({ client }) {
      const response = await api.create(client).asResponse();
      const { bodyUsed } = response;
      return { bodyUsed, body: await response.json(), response };
    },
  },
  {
    name: 'asResponse() twice gives the same response, whose body is there once',
    spans: 1,
    async run({ client }) {
      const promise = api.create(client);
      const [first, second] = await Promise.all([promise.asResponse(), promise.asResponse()]);
      const copy = await first.clone().text();
      return { same: first === second, copy, own: await first.text(), again: await outcome(second.text()) };
    },
  },
  {
    name: 'asResponse() of a failed call rejects',
    spans: 1,
    run: ({ client }) => outcome(api.create(client, withFault('http-error;status=404')).asResponse()),
  },
  {
    name: 'asResponse(), then the value',
    spans: 1,
    async run({ client }) {
      const promise = api.create(client);
      const response = await promise.asResponse();
      const before = response.bodyUsed;
      return { before, value: await promise, after: response.bodyUsed };
    },
  },
  {
    name: 'the value, then asResponse(): the body is used',
    spans: 1,
    async run({ client }) {
      const promise = api.create(client);
      const value = await promise;
      const response = await promise.asResponse();
      return { value, response, again: await outcome(response.json()) };
    },
  },
  {
    name: '_thenUnwrap() gives a promise of its own kind, again and again',
    spans: 1,
    async run({ client, openai }) {
      const given: unknown[] = [];
      const first = api.create(client)._thenUnwrap((data, props) => {
        given.push(data, Object.keys(props));
        return { unwrapped: data };
      });
      const second = first._thenUnwrap((data) => ({ keys: Object.keys(data) }));
      const kinds = [first, second].map((promise) => [
        promise instanceof openai.APIPromise,
        shapeOf(promise),
      ]);
      return { kinds, value: await second.withResponse(), given };
    },
  },
  {
    name: '_thenUnwrap() with a transformation that throws',
    spans: 1,
    run: ({ client }) =>
      outcome(
        api.create(client)._thenUnwrap(() => {
          throw new RangeError('thrown in the transformation');
        }),
      ),
  },
  {
    name: '_thenUnwrap() after the value was read: the body is used',
    spans: 1,
    async run({ client }) {
      const promise = api.create(client);
      await promise;
      return outcome(promise._thenUnwrap((data) => data));
    },
  },
  {
    name: '_thenUnwrap(), then asResponse() of either promise',
    spans: 1,
    async run({ client }) {
      const promise = api.create(client);
      const child = promise._thenUnwrap((data) => data);
      const responses = [await child.asResponse(), await promise.asResponse()];
      return { same: responses[0] === responses[1], body: await responses[0]?.json() };
    },
  },
  {
    name: 'the request is sent without anybody who awaits, the body is read when somebody does',
    spans: 1,
    async run({ newClient }) {
      const received: Response[] = [];
      const client = newClient({
        fetch: async (url, init) => {
          const response = await fetch(url, init);
          received.push(response);
          return response;
        },
      });
      const promise = api.create(client);
      await until(() => received.length > 0);
      await sleep(10);
      const before = received.map(({ bodyUsed }) => bodyUsed);
      await promise;
      return { before, after: received.map(({ bodyUsed }) => bodyUsed) };
    },
  },
  {
    name: 'never awaited, a success tells nobody',
    spans: 1,
    dropsResult: true,
    async run({ client, requests }) {
      (() => void api.create(client))();
      await until(() => requests().length > 0);
      await sleep(30);
    },
  },
  {
    name: 'never awaited, a failure is an unhandled rejection',
    spans: 1,
    async run({ client, unhandled }) {
      void api.create(client, withFault('http-error;status=400'));
      await until(() => unhandled().length > 0);
      await sleep(10);
    },
  },
  {
    name: 'a failure with a then that has no handler for it is an unhandled rejection',
    spans: 1,
    async run({ client, unhandled }) {
      void api.create(client, withFault('http-error;status=400')).then(() => {});
      await until(() => unhandled().length > 0);
      await sleep(10);
    },
  },
  {
    name: 'a failure that is awaited late is unhandled at first, and handled then',
    spans: 1,
    async run({ client, unhandled }) {
      const promise = api.create(client, withFault('http-error;status=400'));
      await until(() => unhandled().length > 0);
      const late = await outcome(promise);
      return { late, same: unhandled()[0] === (late as { error: unknown }).error };
    },
  },
  {
    name: 'a failure handled by withResponse() alone is handled',
    spans: 1,
    async run({ client }) {
      const failed = await outcome(api.create(client, withFault('http-error;status=400')).withResponse());
      await sleep(10);
      return failed;
    },
  },
  {
    name: "the SDK's own methods work when they are called on it from outside",
    spans: 2,
    // Only the garbage collector reports this to the instrumentation.
    dropsResult: true,
    async run({ client, openai }) {
      const { prototype } = openai.APIPromise;
      return [
        await prototype.withResponse.call(api.create(client)),
        await prototype.then.call(api.create(client), (data) => ({ data })),
      ];
    },
  },
  {
    name: 'an application may put methods of its own on it',
    spans: 1,
    async run({ client }) {
      const promise = api.create(client);
      const calls: string[] = [];
      const then = promise.then.bind(promise);
      // biome-ignore lint/suspicious/noThenProperty: an application may do this and must not notice a difference.
      promise.then = ((...handlers: Parameters<typeof then>) => {
        calls.push('then');
        return then(...handlers);
      }) as typeof promise.then;
      const value = await promise;
      return { calls, keys: Object.keys(promise), value };
    },
  },
  {
    name: 'it may be returned from an async function, and stand in a list that is iterated',
    spans: 2,
    async run({ client }) {
      const viaFunction = await (async () => api.create(client))();
      const iterated: unknown[] = [];
      for await (const value of [api.create(client)]) iterated.push(value);
      return { viaFunction, iterated };
    },
  },
];

export const promises: readonly Scenario[] = MODEL_APIS.flatMap((api) =>
  scenariosOf(api).map((scenario) => ({ ...scenario, name: `${api.name}: ${scenario.name}` })),
);
