/**
 * One call is one span, though the hook sees the client's class several times (`openai/client`, then `openai`) and
 * another instrumentation may have wrapped its methods in between. The situation is that of
 * `@opentelemetry/instrumentation-openai` in `@opentelemetry/auto-instrumentations-node` and of OpenInference.
 */
import * as openai from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { traceOpenAI } from '../../src/index.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const completions = openai.OpenAI.Chat.Completions.prototype;
const own = Object.getOwnPropertyDescriptor(completions, 'create') as PropertyDescriptor;
afterEach(async () => {
  harness.instrumentation.disable();
  Object.defineProperty(completions, 'create', own);
  harness.instrumentation.enable();
  await harness.reset();
});

type Create = (this: unknown, ...args: unknown[]) => Promise<unknown>;

/** Wraps the client's method as another instrumentation does, and has ours see the class once more. */
function wrapBetween(wrap: (original: Create) => Create): void {
  Object.defineProperty(completions, 'create', {
    ...own,
    value: wrap(completions.create as unknown as Create),
  });
  harness.instrumentation.manuallyInstrument({ openai });
}

const body = { model: 'plain', messages: [{ role: 'user' as const, content: 'Hello' }] };
const fault = (text: string) => ({ headers: { 'x-fault': text, 'x-fault-key': crypto.randomUUID() } });

/** The spans in the order of their start, each with its input tokens or its error. */
const records = () =>
  harness
    .spans()
    .toSorted((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
    .map(({ name, attributes }) => {
      const end =
        attributes['error.type'] ?? (attributes['gen_ai.usage.input_tokens'] ? 'tokens' : 'no tokens');
      return `${name}: ${end}`;
    });

const invocations = async () =>
  (await harness.events()).filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END').length;

const WRAPPERS: [string, (original: Create) => Create][] = [
  [
    'passes the call on',
    (original) =>
      function (...args) {
        return original.apply(this, args);
      },
  ],
  [
    'passes the call on later',
    (original) =>
      async function (...args) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return original.apply(this, args);
      },
  ],
  [
    'keeps the method beneath as OpenTelemetry does',
    (original) =>
      Object.defineProperty(
        function (this: unknown, ...args: unknown[]) {
          return original.apply(this, args);
        },
        '__original',
        { value: original },
      ),
  ],
  [
    'passes on a copy of the request',
    (original) =>
      function (request, ...rest) {
        return original.call(this, { ...(request as object) }, ...rest);
      },
  ],
];

describe.each(WRAPPERS)('A wrapper between two hooks that %s', (_name, wrap) => {
  it('leaves a call one span with its tokens', async () => {
    wrapBetween(wrap);
    await harness.client.chat.completions.create(body);
    expect(records()).toEqual(['chat plain: tokens']);
    expect(await invocations()).toBe(1);
  });

  it('leaves a streamed call one span', async () => {
    wrapBetween(wrap);
    const stream = await harness.client.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const _chunk of stream);
    expect(records()).toEqual(['chat plain: tokens']);
    expect(await invocations()).toBe(1);
  });

  it('leaves a failed call one span', async () => {
    wrapBetween(wrap);
    const call = harness.client.chat.completions.create(body, { ...fault('server-error'), maxRetries: 0 });
    await expect(call).rejects.toThrow();
    expect(records()).toEqual(['chat plain: server_error']);
  });

  it('leaves a call one span if it is wrapped three times', async () => {
    wrapBetween(wrap);
    wrapBetween(wrap);
    await harness.client.chat.completions.create(body);
    expect(records()).toEqual(['chat plain: tokens']);
  });

  it('leaves a call of a client that is also traced by itself one span', async () => {
    wrapBetween(wrap);
    await traceOpenAI(
      new openai.OpenAI({ apiKey: 'k', baseURL: harness.server.url }),
    ).chat.completions.create(body);
    expect(records()).toEqual(['chat plain: tokens']);
  });
});

describe('Calls that are not the same call', () => {
  const passOn = WRAPPERS[0]?.[1] as (original: Create) => Create;

  it('have a span each if a wrapper repeats a failed call', async () => {
    wrapBetween(
      (original) =>
        async function (...args) {
          try {
            return await original.apply(this, args);
          } catch {
            return await original.call(this, args[0]);
          }
        },
    );
    await harness.client.chat.completions.create(body, { ...fault('server-error;times=1'), maxRetries: 0 });
    expect(records()).toEqual(['chat plain: server_error', 'chat plain: tokens']);
    expect(await invocations()).toBe(2);
  });

  it.each([
    ['the same client', (client: openai.OpenAI) => client],
    ['another client', () => harness.client],
  ])("have a span each if the application's fetch makes one with %s", async (_name, choose) => {
    wrapBetween(passOn);
    let nested = false;
    const client: openai.OpenAI = new openai.OpenAI({
      apiKey: 'k',
      baseURL: harness.server.url,
      fetch: async (url, init) => {
        if (!nested) {
          nested = true;
          await choose(client).chat.completions.create({ ...body, model: 'echo' });
        }
        return fetch(url, init);
      },
    });
    await client.chat.completions.create(body);
    // Both may start in one millisecond, which is all that some clocks tell apart.
    expect(records().toSorted()).toEqual(['chat echo: tokens', 'chat plain: tokens']);
  });

  it('have a span each if they run at the same time', async () => {
    wrapBetween(passOn);
    await Promise.all([1, 2, 3].map(() => harness.client.chat.completions.create(body)));
    expect(records()).toEqual(Array(3).fill('chat plain: tokens'));
  });
});
