import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { traceOpenAI } from '../../src/index.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

const body = { model: 'plain', messages: [{ role: 'user' as const, content: 'Hello' }] };
const makeClient = () => new OpenAI({ apiKey: 'sk-local', baseURL: harness.server.url });
const names = () => harness.spans().map((span) => span.name);

// Runs first, because afterwards the base class stays hooked.
describe('traceOpenAI of a derived class', () => {
  it('adds no members to it', async () => {
    class Derived extends OpenAI {}
    const client = traceOpenAI(new Derived({ apiKey: 'sk-local', baseURL: harness.server.url }));
    expect(Reflect.ownKeys(Derived.prototype)).toEqual(['constructor']);
    await client.chat.completions.create(body);
    expect(names()).toEqual(['chat plain']);
  });
});

describe('traceOpenAI together with the instrumentation', () => {
  it('records no call twice', async () => {
    await traceOpenAI(makeClient()).chat.completions.create(body);
    expect(names()).toEqual(['chat plain']);
  });

  it('records the call with its own options', async () => {
    const client = traceOpenAI(makeClient(), { captureMessageContent: true });
    await client.chat.completions.create(body);
    await client.withOptions({ timeout: 5000 }).chat.completions.create(body);
    await makeClient().chat.completions.create(body);
    expect(harness.spans().map((span) => 'gen_ai.input.messages' in span.attributes)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('traceOpenAI alone', () => {
  beforeAll(() => harness.instrumentation.disable());
  afterAll(() => harness.instrumentation.enable());

  it('returns the client itself and records only its calls and those of its copies', async () => {
    const client = makeClient();
    expect(traceOpenAI(client)).toBe(client);
    await client.chat.completions.create(body);
    await client.withOptions({ timeout: 5000 }).responses.create({ model: 'echo', input: 'Hello' });
    await makeClient().chat.completions.create(body);
    expect(names()).toEqual(['chat plain', 'chat echo']);
    expect(harness.openSpanCount()).toBe(0);
  });

  it('may be called twice and records once', async () => {
    const client = traceOpenAI(traceOpenAI(makeClient()));
    await client.chat.completions.create(body);
    expect(names()).toEqual(['chat plain']);
  });

  it('records the retries of the client', async () => {
    await traceOpenAI(makeClient()).chat.completions.create(body, {
      headers: { 'x-fault': 'rate-limit;times=1;retry-after-ms=1', 'x-fault-key': crypto.randomUUID() },
    });
    expect(harness.spans()[0]?.events.map((event) => event.name)).toEqual(['openai_agents.request.retry']);
  });

  it('works on a derived class', async () => {
    class Derived extends OpenAI {}
    const client = new Derived({ apiKey: 'sk-local', baseURL: harness.server.url });
    await traceOpenAI(client).chat.completions.create(body);
    await client.withOptions({ timeout: 5000 }).chat.completions.create(body);
    expect(names()).toEqual(['chat plain', 'chat plain']);
  });

  it('traces the copies of a derived class that makes copies itself', async () => {
    class Derived extends OpenAI {
      override withOptions(): this {
        return new Derived({ apiKey: 'sk-own', baseURL: this.baseURL }) as this;
      }
    }
    const client = traceOpenAI(new Derived({ apiKey: 'sk-local', baseURL: harness.server.url }));
    await client.withOptions().chat.completions.create(body);
    expect(names()).toEqual(['chat plain']);
  });
});

/** Proxies that other tools put around a client. */
const PROXIES: Record<string, (client: OpenAI) => OpenAI> = {
  'without traps': (client) => new Proxy(client, {}),
  'that reads from its target': (client) =>
    new Proxy(client, { get: (target, name) => Reflect.get(target, name) as unknown }),
  // As `observeOpenAI()` of Langfuse does (@langfuse/openai 4 and 5).
  'that wraps resources and methods': (client) => wrapAll(client, false),
  'around another Proxy': (client) => new Proxy(new Proxy(client, {}), {}),
};

function wrapAll<T extends object>(wrapped: T, withReceiver: boolean): T {
  return new Proxy(wrapped, {
    get(target, name, receiver) {
      const value: unknown = withReceiver ? Reflect.get(target, name, receiver) : Reflect.get(target, name);
      if (typeof value === 'function' && !withReceiver) return value.bind(target) as unknown;
      return typeof value === 'object' && value !== null ? wrapAll(value, withReceiver) : value;
    },
  });
}

describe('traceOpenAI of a Proxy', () => {
  beforeAll(() => harness.instrumentation.disable());
  afterAll(() => harness.instrumentation.enable());

  it.each(Object.entries(PROXIES))('%s, records each call once', async (_how, wrap) => {
    const proxy = wrap(makeClient());
    const members = Reflect.ownKeys(OpenAI.prototype);
    expect(traceOpenAI(proxy)).toBe(proxy);
    expect(Reflect.ownKeys(OpenAI.prototype).length).toBeLessThanOrEqual(members.length);
    await proxy.chat.completions.create(body);
    await proxy.responses.create({ model: 'echo', input: 'Hello' });
    expect(names()).toEqual(['chat plain', 'chat echo']);
    expect(harness.spans()[0]?.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0);
  });

  it('that is traced within, records each call once', async () => {
    const proxy = new Proxy(traceOpenAI(makeClient()), {});
    await traceOpenAI(proxy).chat.completions.create(body);
    expect(names()).toEqual(['chat plain']);
  });

  it('traces its copies', async () => {
    // The client cannot be copied through a Proxy without traps: it reads a private field of the Proxy (7.55).
    const proxy = traceOpenAI(wrapAll(makeClient(), false));
    await proxy.withOptions({ timeout: 5000 }).chat.completions.create(body);
    expect(names()).toEqual(['chat plain']);
  });

  it.each<[how: string, client: () => OpenAI]>([
    ['hides its client behind Proxies with a receiver', () => wrapAll(makeClient(), true)],
    [
      'throws when it is read',
      () =>
        new Proxy(makeClient(), {
          get() {
            throw new RangeError('no');
          },
        }),
    ],
  ])('that %s, throws', (_how, make) => {
    expect(() => traceOpenAI(make())).toThrow(
      new TypeError(
        'opentelemetry-instrumentation-openai-agents: traceOpenAI: the client is a Proxy that hides the client within; ' +
          'pass that client, e.g. wrap(traceOpenAI(new OpenAI())), or use OpenAIAgentsInstrumentation',
      ),
    );
  });
});

describe('traceOpenAI of a version that lacks a method', () => {
  it.each([
    ['without options', undefined],
    ['with options', {}],
  ])('%s, warns once and traces the others', async (_how, options) => {
    const Lacking = class extends OpenAI {};
    Object.defineProperty(Lacking, 'Embeddings', { value: class {} });
    const warnings: unknown[][] = [];
    const ignore = () => {};
    diag.setLogger(
      { error: ignore, warn: (...args) => warnings.push(args), info: ignore, debug: ignore, verbose: ignore },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    const makeLacking = () => new Lacking({ apiKey: 'sk-local', baseURL: harness.server.url });
    try {
      await traceOpenAI(makeLacking(), options).chat.completions.create(body);
      traceOpenAI(makeLacking(), options);
    } finally {
      diag.disable();
    }
    expect(names()).toEqual(['chat plain']);
    expect(warnings).toEqual([
      [
        'opentelemetry-instrumentation-openai-agents',
        'this version of openai has no OpenAI.Embeddings.prototype.create: calls through it are not traced. ' +
          'Please report it to the maintainers of opentelemetry-instrumentation-openai-agents.',
      ],
    ]);
  });
});

describe('traceOpenAI refuses', () => {
  it.each<[value: unknown, shown: string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    ['client', "'client'"],
    [{}, 'an object'],
    [{ chat: {} }, 'an object'],
    [OpenAI, 'a function'],
  ])('%o', (value, shown) => {
    expect(() => traceOpenAI(value as never)).toThrow(
      new TypeError(
        'opentelemetry-instrumentation-openai-agents: traceOpenAI: ' +
          `the client is ${shown}; it must be a client of openai, e.g. new OpenAI()`,
      ),
    );
  });

  it.each<[options: object, problem: string]>([
    [
      { capture: true },
      'unknown option "capture"; known options: captureMessageContent, contentLengthLimit, redaction, legacyMetrics, otherCalls, ' +
        'tracerProvider, meterProvider, loggerProvider',
    ],
    [{ tracerProvider: {} }, 'option "tracerProvider" is an object; it must be an object with getTracer()'],
  ])('%o', (options, problem) => {
    expect(() => traceOpenAI(makeClient(), options as never)).toThrow(
      new TypeError(`opentelemetry-instrumentation-openai-agents: traceOpenAI: ${problem}`),
    );
  });
});
