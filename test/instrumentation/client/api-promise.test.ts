import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { APIPromise, InternalServerError, OpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import {
  type ApiPromiseObserver,
  observeApiPromise,
} from '../../../src/instrumentation/client/api-promise.js';

type ResponseProps = Awaited<ConstructorParameters<typeof APIPromise>[1]>;

interface Answer {
  id: string;
}

const ANSWER: Answer = { id: 'chatcmpl-1' };
const calls = new AsyncLocalStorage<string>();

/** A call of the SDK that is not observed yet. */
interface Call {
  readonly promise: APIPromise<Answer>;
  /** For each parsing of the body, the call in whose context it ran. */
  readonly parsedIn: (string | undefined)[];
  /** The response of the server. */
  readonly response: Response;
}

type MakeCall = (status?: number) => Call;

function serverResponse(status = 200): Response {
  const body = status === 200 ? ANSWER : { error: { message: 'Oops', code: 'server_error' } };
  return Response.json(body, { status, headers: { 'x-request-id': 'req_1' } });
}

/** Records the context in which the body is read. Like the SDK, it allows one reading. */
function watchReading(response: Response, parsedIn: (string | undefined)[]): Response {
  const read = response.text.bind(response);
  const text = () => {
    parsedIn.push(calls.getStore());
    return read();
  };
  Object.defineProperties(response, {
    text: { value: text },
    json: { value: async () => JSON.parse(await text()) },
  });
  return response;
}

/** Promises as the client makes them: from 7.55 on they have their own `withResponse` and `_thenUnwrap`. */
const fromClient: MakeCall = (status) => {
  const parsedIn: (string | undefined)[] = [];
  const response = watchReading(serverResponse(status), parsedIn);
  const client = new OpenAI({
    apiKey: 'sk-test',
    baseURL: 'http://test.invalid/v1',
    maxRetries: 0,
    fetch: async () => response,
  });
  return { promise: client.post<Answer>('/any', { body: {} }) as APIPromise<Answer>, parsedIn, response };
};

/** Promises of 5.x to 7.0: all methods belong to the class, and `withResponse()` calls `this.asResponse()`. */
const fromClass: MakeCall = (status) => {
  const parsedIn: (string | undefined)[] = [];
  const response = watchReading(serverResponse(status), parsedIn);
  const client = new OpenAI({ apiKey: 'sk-test' });
  const props =
    response.status === 200
      ? Promise.resolve({ response } as ResponseProps)
      : Promise.reject(new InternalServerError(500, { message: 'Oops' }, undefined, response.headers));
  return {
    promise: new APIPromise<Answer>(
      client,
      props,
      async (_client, props) => (await props.response.json()) as Answer,
    ),
    parsedIn,
    response,
  };
};

/** The reports to the observer. */
function noting(notes: unknown[]): ApiPromiseObserver {
  return {
    run: (action, receiver) => calls.run('call', () => action.call(receiver)),
    attached: () => {},
    resolved: (value) => notes.push(['resolved', value]),
    rejected: (error) => notes.push(['rejected', error]),
    responded: () => notes.push(['responded']),
  };
}

function observe(call: Call): unknown[] {
  const notes: unknown[] = [];
  expect(observeApiPromise(call.promise, noting(notes))).toBe(call.promise);
  return notes;
}

/** The rejections for which Node would end the process. */
async function unhandledDuring(action: () => void): Promise<unknown[]> {
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const unhandled: unknown[] = [];
  process.on('unhandledRejection', (reason) => unhandled.push(reason));
  try {
    action();
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
  }
  return unhandled;
}

const transform = (answer: Answer) => ({ wrapped: answer.id });
const ignore = () => {};

/** The ways in which an application reads a call. Each of them reads the body once. */
const READS: [what: string, read: (promise: APIPromise<Answer>) => Promise<unknown>, gives: unknown][] = [
  ['await', async (promise) => await promise, ANSWER],
  ['then', (promise) => promise.then((value) => value), ANSWER],
  ['catch', (promise) => promise.catch(ignore), ANSWER],
  ['finally', (promise) => promise.finally(ignore), ANSWER],
  ['then without a handler', (promise) => promise.then(), ANSWER],
  ['then and await', (promise) => promise.then(async () => await promise), ANSWER],
  ['two at once', async (promise) => (await Promise.all([promise, promise]))[1], ANSWER],
  ['withResponse', async (promise) => (await promise.withResponse()).data, ANSWER],
  [
    'withResponse without its object, as the Agents SDK does',
    async (promise) => {
      const { withResponse } = promise;
      return (await withResponse.call(promise)).data;
    },
    ANSWER,
  ],
  ['_thenUnwrap', async (promise) => await promise._thenUnwrap(transform), { wrapped: 'chatcmpl-1' }],
  [
    '_thenUnwrap twice over, as the helpers do',
    async (promise) => await promise._thenUnwrap(transform)._thenUnwrap(({ wrapped }) => [wrapped]),
    ['chatcmpl-1'],
  ],
  [
    '_thenUnwrap, then withResponse',
    async (promise) => (await promise._thenUnwrap(transform).withResponse()).data,
    { wrapped: 'chatcmpl-1' },
  ],
];

describe.each<[what: string, makeCall: MakeCall]>([
  ["a promise of the client's", fromClient],
  ["a promise that has nothing but the class's methods", fromClass],
])('%s', (_what, makeCall) => {
  it('stays the same object', async () => {
    const call = makeCall();
    const keys = Object.keys(call.promise);
    observe(call);
    expect(call.promise).toBeInstanceOf(APIPromise);
    expect(call.promise).toBeInstanceOf(Promise);
    expect(Object.keys(call.promise)).toEqual(keys);
    await call.promise;
  });

  it('is not parsed until the application asks for it', async () => {
    const call = makeCall();
    const notes = observe(call);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect([call.response.bodyUsed, call.parsedIn, notes]).toEqual([false, [], []]);
    await call.promise;
    expect(call.response.bodyUsed).toBe(true);
  });

  it.each(READS)(
    "%s: returns the same value, read once in the call's context, and is reported",
    async (_how, read, gives) => {
      const call = makeCall();
      const notes = observe(call);
      expect(await read(call.promise)).toEqual(gives);
      expect(call.parsedIn).toEqual(['call']);
      // The value is the API's each time, before any transformation.
      expect(notes.length).toBeGreaterThan(0);
      for (const note of notes) expect(note).toEqual(['resolved', ANSWER]);
    },
  );

  it.each(READS.filter(([what]) => !/withResponse|_thenUnwrap/.test(what)))(
    '%s: is reported once',
    async (_how, read) => {
      const call = makeCall();
      const notes = observe(call);
      await read(call.promise);
      expect(notes).toHaveLength(1);
    },
  );

  it('withResponse: also returns the response and the request id', async () => {
    const call = makeCall();
    observe(call);
    const answer = await call.promise.withResponse();
    expect(answer).toEqual({ data: ANSWER, response: call.response, request_id: 'req_1' });
  });

  it('_thenUnwrap: returns a promise of the same class, whose transform gets the same arguments', async () => {
    const call = makeCall();
    observe(call);
    const seen: unknown[] = [];
    const child = call.promise._thenUnwrap((...args) => {
      seen.push(...args);
      return 'transformed';
    });
    expect(child).toBeInstanceOf(APIPromise);
    expect(await child).toBe('transformed');
    expect(seen).toEqual([ANSWER, expect.objectContaining({ response: call.response })]);
  });

  it('_thenUnwrap: does not run until the application asks the child', async () => {
    const call = makeCall();
    const notes = observe(call);
    const child = call.promise._thenUnwrap(transform);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect([call.response.bodyUsed, notes]).toEqual([false, []]);
    await child;
  });

  it('_thenUnwrap: fails for the application if the transform throws, after the answer was reported', async () => {
    const call = makeCall();
    const notes = observe(call);
    const error = new SyntaxError('not the JSON that was asked for');
    const child = call.promise._thenUnwrap(() => {
      throw error;
    });
    await expect(child).rejects.toBe(error);
    expect(notes[0]).toEqual(['resolved', ANSWER]);
    expect(notes.slice(1)).toEqual([['rejected', error]]);
  });

  it('asResponse: leaves the body to the application', async () => {
    const call = makeCall();
    const notes = observe(call);
    const response = await call.promise.asResponse();
    expect(response).toBe(call.response);
    expect(response.bodyUsed).toBe(false);
    expect(notes).toEqual([['responded']]);
    expect(await response.json()).toEqual(ANSWER);
  });

  it('asResponse: is not reported if the body was parsed for the application', async () => {
    const call = makeCall();
    const notes = observe(call);
    await call.promise;
    await call.promise.asResponse();
    expect(notes).toEqual([['resolved', ANSWER]]);
  });

  it.each<[what: string, read: (promise: APIPromise<Answer>) => Promise<unknown>]>([
    ...READS.filter(([what]) => what !== 'catch').map(
      ([what, read]): [string, (promise: APIPromise<Answer>) => Promise<unknown>] => [what, read],
    ),
    ['asResponse', (promise) => promise.asResponse()],
    ['a handler of its own', (promise) => promise.then(undefined, (error) => Promise.reject(error))],
  ])('%s: lets a failure reach the application and reports it', async (_how, read) => {
    const call = makeCall(500);
    const notes = observe(call);
    const error = await read(call.promise).then(
      () => expect.unreachable('it has to fail'),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InternalServerError);
    expect(notes.length).toBeGreaterThan(0);
    for (const note of notes) expect(note).toEqual(['rejected', error]);
  });

  it.each<[what: string, use: (promise: APIPromise<Answer>) => void, unhandled: number]>([
    ['is never used', ignore, 1],
    ['has a handler for its value only', (promise) => void promise.then(ignore), 1],
    ['is waited for without a handler', (promise) => void promise.finally(ignore), 1],
    ['is asked for its response', (promise) => void promise.withResponse(), 1],
    ['is asked for the raw response', (promise) => void promise.asResponse(), 1],
    ['is transformed', (promise) => void promise._thenUnwrap(transform).then(ignore), 1],
    ['has a handler', (promise) => void promise.catch(ignore), 0],
    ['has a handler after another', (promise) => void promise.then(ignore).catch(ignore), 0],
    ['is transformed, and has a handler', (promise) => void promise._thenUnwrap(transform).catch(ignore), 0],
    [
      'is asked for its response and has a handler',
      (promise) => void promise.withResponse().catch(ignore),
      0,
    ],
  ])(
    'has failures that are as unhandled as without instrumentation: one that %s',
    async (_what, use, count) => {
      const plain = await unhandledDuring(() => use(makeCall(500).promise));
      const observed = await unhandledDuring(() => {
        const call = makeCall(500);
        observe(call);
        use(call.promise);
      });
      expect([plain.length, observed.length]).toEqual([count, count]);
      for (const error of observed) expect(error).toBeInstanceOf(InternalServerError);
    },
  );
});

describe('A result that is not a promise of the SDK', () => {
  it.each<[what: string, value: unknown]>([
    ['a text', 'x'],
    ['null', null],
    ['undefined', undefined],
    ['an object', { id: 1 }],
    ['an object whose `then` is not a function', Object.fromEntries([['then', 5]])],
    ['a function', ignore],
  ])('is returned and reported: %s', (_what, value) => {
    const notes: unknown[] = [];
    expect(observeApiPromise(value, noting(notes))).toBe(value);
    expect(notes).toEqual([['resolved', value]]);
  });

  it.each<[what: string, methods: object]>([
    ['an ordinary promise', {}],
    ["one that has some of the SDK's methods", { asResponse: ignore, withResponse: ignore }],
    ['one whose methods are not functions', { asResponse: 1, withResponse: 2, _thenUnwrap: 3 }],
  ])('resolves to its value and is reported: %s', async (_what, methods) => {
    const notes: unknown[] = [];
    const returned = observeApiPromise(Object.assign(Promise.resolve(ANSWER), methods), noting(notes));
    expect(await returned).toBe(ANSWER);
    expect(notes).toEqual([['resolved', ANSWER]]);
  });

  it('rejects with the same error and is reported, if it is an ordinary promise that fails', async () => {
    const notes: unknown[] = [];
    const error = new Error('no');
    await expect(observeApiPromise(Promise.reject(error), noting(notes))).rejects.toBe(error);
    expect(notes).toEqual([['rejected', error]]);
  });
});
