/** The promises that the application gets are the client's own, and its code continues when it would without us. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type NewClient, startTwoClients, type TwoClients } from './two-clients.js';

let clients: TwoClients;
beforeAll(async () => {
  clients = await startTwoClients({ captureMessageContent: true }, []);
});
afterAll(() => clients.stop());
beforeEach(() => clients.exporter?.reset());

const MODERATION = { id: 'modr-1', model: 'omni-moderation', results: [{ flagged: false }] };

/** A client whose transport is the application's own: a cache, a queue, a mock. */
function withTransport(newClient: NewClient, post: () => unknown): ReturnType<NewClient> {
  return Object.assign(newClient(), { post });
}

const moderate = (client: ReturnType<NewClient>) => client.moderations.create({ input: 'x' });

/** Rejections for which Node would end the process. */
async function unhandledDuring(action: () => unknown): Promise<string[]> {
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const unhandled: string[] = [];
  process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));
  try {
    action();
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
  }
  return unhandled;
}

describe("The promise of an application's own transport", () => {
  it('is handed on with its members, and its answer is recorded', async () => {
    const { bare, instrumented } = await clients.bothAsync(async (newClient) => {
      const queued = Object.assign(Promise.resolve(MODERATION), { cancel() {} });
      const returned = moderate(withTransport(newClient, () => queued)) as unknown;
      return [returned === queued, await returned];
    });
    expect(instrumented).toEqual(bare);
    expect(instrumented).toEqual([true, MODERATION]);
    const [span] = clients.exporter?.getFinishedSpans() ?? [];
    expect(span?.attributes).toMatchObject({ 'gen_ai.response.id': 'modr-1' });
    expect(span?.attributes['gen_ai.input.messages']).toContain('"content":"x"');
  });

  it('fails the call with its error', async () => {
    const failing = () => Promise.reject(new TypeError('queue is full'));
    const { bare, instrumented } = await clients.bothAsync((newClient) =>
      Promise.resolve(moderate(withTransport(newClient, failing))).catch(String),
    );
    expect([bare, instrumented]).toEqual(['TypeError: queue is full', 'TypeError: queue is full']);
    expect((clients.exporter?.getFinishedSpans() ?? [])[0]?.attributes['error.type']).toBe('TypeError');
  });

  const rejected = () => Promise.reject(new Error('queue is full'));
  const later = () => nextTurn().then(rejected);
  it.each<
    [what: string, post: () => Promise<unknown>, use: (returned: Promise<unknown>) => unknown, count: number]
  >([
    ['is left alone', rejected, () => {}, 1],
    ['is left alone and fails later', later, () => {}, 1],
    ['has a handler for its value only', rejected, (returned) => returned.then(() => {}), 1],
    ['has a handler', rejected, (returned) => returned.catch(() => {}), 0],
    ['fails later and has a handler', later, (returned) => returned.catch(() => {}), 0],
    [
      'gets its handler in a later turn',
      async () => {
        for (let turn = 0; turn < 4; turn += 1) await nextTurn();
        throw new Error('queue is full');
      },
      async (returned) => {
        await nextTurn();
        await returned.catch(() => {});
      },
      0,
    ],
    [
      'has a handler of the transport',
      () => {
        const failed = rejected();
        failed.catch(() => {});
        return failed;
      },
      () => {},
      0,
    ],
  ])('that %s is as unhandled as without us', async (_what, post, use, count) => {
    const { bare, instrumented } = clients.both(
      (newClient) => () =>
        unhandledDuring(() => use(moderate(withTransport(newClient, post)) as Promise<unknown>)),
    );
    const counts = [(await bare()).length, (await instrumented()).length];
    expect(counts).toEqual([count, count]);
  });
});

const COMPLETION = { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [] };

/** A response whose body is there at once, so that everything up to the application is microtasks. */
function instantResponse(stream: boolean): Response {
  const response = stream
    ? new Response('data: {"id":"c","choices":[]}\n\ndata: [DONE]\n\n', {
        headers: { 'content-type': 'text/event-stream' },
      })
    : Response.json(COMPLETION);
  const text = async () => JSON.stringify(COMPLETION);
  return Object.defineProperties(response, {
    text: { value: text },
    json: { value: async () => COMPLETION },
  });
}

/** Far more than any call takes; a call that is not all microtasks would never end. */
const MOST_TURNS = 2_000;

/** Returns the number of microtask turns until the application continues. */
async function turnsUntil(wait: () => PromiseLike<unknown>): Promise<number> {
  let turns = 0;
  let waiting = true;
  const tick = () => {
    turns += 1;
    if (waiting && turns < MOST_TURNS) queueMicrotask(tick);
  };
  queueMicrotask(tick);
  await wait();
  waiting = false;
  return turns;
}

describe('The number of microtask turns before the application continues', () => {
  const request = { model: 'm', messages: [] };
  it.each<[how: string, stream: boolean, wait: (client: ReturnType<NewClient>) => PromiseLike<unknown>]>([
    ['await', false, (client) => client.chat.completions.create(request)],
    ['withResponse()', false, (client) => client.chat.completions.create(request).withResponse()],
    ['asResponse()', false, (client) => client.chat.completions.create(request).asResponse()],
    ['a stream', true, (client) => client.chat.completions.create({ ...request, stream: true })],
  ])('is at most one more: %s', async (_how, stream, wait) => {
    const count = async (newClient: NewClient) => {
      const client = newClient({ fetch: async () => instantResponse(stream) });
      await wait(client);
      return await turnsUntil(() => wait(client));
    };
    const { bare, instrumented } = await clients.bothAsync(count);
    expect(bare).toBeLessThan(MOST_TURNS);
    expect(instrumented - bare).toBeLessThanOrEqual(1);
    expect(instrumented).toBeGreaterThanOrEqual(bare);
  });
});
