/** The user, tags and metadata that an application names. Source: issue 17, section 5. */
import * as agents from '@openai/agents';
import { context, trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type ChaukasEvent,
  recordSystemEvent,
  startSession,
  withContext,
  withSession,
} from '../../src/index.js';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ processor: { tags: ['eu'] } });
});
afterEach(async () => {
  expect(streamViolations(await harness.events())).toEqual([]);
  await harness.reset();
});
afterAll(() => harness.stop());

const agent = new agents.Agent({ name: 'plain', model: 'plain' });
const create = (input = 'hi') => harness.client.responses.create({ model: 'plain', input });
const tracer = trace.getTracer('application');

/** The spans by name, with the user and the tags on each. */
const spans = () =>
  harness
    .spans()
    .map(({ name, attributes }) => [name, attributes['user.id'], attributes['openai_agents.tags']]);

const users = (events: readonly ChaukasEvent[]) =>
  events.map(({ type, metadata }) => [type.slice('EVENT_TYPE_'.length), metadata?.user_id]);

const DETAILS = { userId: 'u-17', tags: ['beta'], metadata: { plan: 'gold' } };

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

describe('withContext', () => {
  it('puts the user and the tags on all spans and events of a run, and metadata on the events', async () => {
    const answer = await withContext(DETAILS, async () => {
      await Promise.resolve();
      await agents.run(agent, 'first');
      return 'done';
    });
    expect(answer).toBe('done');
    expect(spans()).toEqual(
      ['chat plain', 'invoke_agent plain', 'invoke_workflow plain'].map((name) => [name, 'u-17', ['beta']]),
    );
    const events = await harness.events();
    expect(events.map(({ type }) => type).at(0)).toBe('EVENT_TYPE_SESSION_START');
    expect(events.map(({ type }) => type).at(-1)).toBe('EVENT_TYPE_SESSION_END');
    for (const event of events) {
      expect(event).toMatchObject({
        metadata: { user_id: 'u-17', context: { plan: 'gold' } },
        tags: ['eu', 'beta'],
      });
    }
  });

  it('leaves spans, events and metrics outside of it as they were', async () => {
    await withContext(DETAILS, () => create());
    await create();
    expect(spans().at(-1)).toEqual(['chat plain', undefined, undefined]);
    const outside = (await harness.events()).slice(4);
    expect(outside.map(({ metadata }) => [metadata?.user_id, metadata?.context])).toEqual(
      Array(4).fill([undefined, undefined]),
    );
    expect(outside.map(({ tags }) => tags)).toEqual(Array(4).fill(['eu']));
    expect(JSON.stringify(await harness.metrics.collect())).not.toMatch(/u-17|beta|gold/);
  });

  it('nests: the inner user wins, tags are joined, and inner metadata wins by name', async () => {
    await withContext({ userId: 'a', tags: ['x', 'y'], metadata: { one: 1, two: 1 } }, () =>
      withContext({ tags: ['y', 'z'], metadata: { two: 2 } }, () =>
        withContext({ userId: 'b' }, () => create()),
      ),
    );
    expect(spans()).toEqual([['chat plain', 'b', ['x', 'y', 'z']]]);
    const [start] = await harness.events();
    expect(start).toMatchObject({
      tags: ['eu', 'x', 'y', 'z'],
      metadata: { user_id: 'b', context: { one: 1, two: 2 } },
    });
  });

  it('keeps apart what runs at the same time', async () => {
    await Promise.all(
      ['a', 'b', 'c'].map((userId) => withContext({ userId }, () => agents.run(agent, userId))),
    );
    const byTrace = grouped(harness.spans(), (span) => span.spanContext().traceId);
    const found = [...byTrace.values()].map(
      (list) => new Set(list.map((span) => span.attributes['user.id'])),
    );
    expect(found.map(({ size }) => size)).toEqual([1, 1, 1]);
    expect(found.flatMap((set) => [...set]).sort()).toEqual(['a', 'b', 'c']);
    const bySession = grouped(await harness.events(), ({ session_id }) => session_id);
    for (const events of bySession.values()) {
      expect(new Set(events.map(({ metadata }) => metadata?.user_id)).size).toBe(1);
    }
  });

  /** Work within a tool, and the name of its span. */
  const WORK: Readonly<Record<string, readonly [work: () => unknown, name: string]>> = {
    'a call of the client': [() => create(), 'chat plain'],
    'a span of the SDK': [() => agents.withCustomSpan(async () => {}, { data: { name: 'mine' } }), 'mine'],
    'a run of another agent': [() => agents.run(agent, 'inner'), 'invoke_agent plain'],
    'a span of the SDK beneath a span of the application': [
      () =>
        tracer.startActiveSpan('own', async (span) => {
          await agents.withCustomSpan(async () => {}, { data: { name: 'mine' } });
          span.end();
        }),
      'mine',
    ],
    'a call to an address of its own': [() => harness.client.models.list().catch(() => {}), 'models.list'],
  };

  it.each(Object.entries(WORK))(
    'in a tool reaches %s, and not the next call of the agent',
    async (_, row) => {
      const [work, name] = row;
      const tool = (toolName: string) =>
        agents.tool({
          name: toolName,
          description: 'd',
          parameters: z.object({ query: z.string() }),
          execute: async () => {
            if (toolName === 'a') await withContext({ userId: 'inner' }, async () => work());
            return 'ok';
          },
        });
      const caller = new agents.Agent({ name: 'caller', model: 'two-tools', tools: [tool('a'), tool('b')] });
      await withContext({ userId: 'outer' }, () => agents.run(caller, 'go'));
      const found = spans().filter((span) => span[0] === name);
      expect(found).toEqual([[name, 'inner', undefined]]);
      const others = spans().filter((span) => /two-tools|caller|execute_tool/.test(String(span[0])));
      expect(others.length).toBeGreaterThan(4);
      expect(new Set(others.map(([, user]) => user))).toEqual(new Set(['outer']));
    },
  );

  it('reaches spans of other libraries, also one that shows late what it is', async () => {
    withContext({ userId: 'u-1', tags: ['beta'] }, () => {
      const span = tracer.startSpan('llm');
      // Sets the attributes after the start, as OpenInference does.
      span.setAttributes({ 'openinference.span.kind': 'LLM', 'llm.model_name': 'm' });
      span.end();
    });
    expect(users(await harness.events())).toEqual([
      ['SESSION_START', 'u-1'],
      ['MODEL_INVOCATION_START', 'u-1'],
      ['MODEL_INVOCATION_END', 'u-1'],
      ['SESSION_END', 'u-1'],
    ]);
  });

  it('reaches facts that the application records, with a span and without', async () => {
    withContext(DETAILS, () =>
      recordSystemEvent({ message: 'queue is full', metadata: { user_id: 'of the fact' } }),
    );
    await withSession({ id: 's-1' }, () =>
      withContext({ userId: 'u-2' }, async () => recordSystemEvent({ message: 'reloaded' })),
    );
    expect(users(await harness.events())).toEqual([
      ['SESSION_START', 'u-17'],
      ['SYSTEM', 'of the fact'],
      ['SESSION_END', 'u-17'],
      ['SESSION_START', undefined],
      ['SYSTEM', 'u-2'],
      ['SESSION_END', undefined],
    ]);
  });

  it('is redacted in events like content', async () => {
    await withContext(
      {
        userId: 'alice@example.com',
        tags: ['vip', 'bob@example.com'],
        metadata: { by: 'carol@example.com' },
      },
      () => create(),
    );
    for (const event of await harness.events()) {
      expect(event).toMatchObject({
        metadata: { user_id: '[REDACTED:email]', context: { by: '[REDACTED:email]' } },
        tags: ['eu', 'vip', '[REDACTED:email]'],
        redaction: { fields: ['metadata.user_id', 'metadata.context.by', 'tags[2]'], method: 'mask' },
        pii_categories: ['email'],
      });
    }
  });

  it('hands the error and the promise of the function on', () => {
    const failure = new RangeError('no');
    expect(() =>
      withContext(DETAILS, () => {
        throw failure;
      }),
    ).toThrow(failure);
    const promise = Promise.resolve(1);
    expect(withContext(DETAILS, () => promise)).toBe(promise);
  });

  it('runs no code of the options', async () => {
    const ran: string[] = [];
    const trap = (name: string) => ({
      get() {
        ran.push(name);
        return 'secret';
      },
      enumerable: true,
    });
    const metadata = Object.defineProperty({ kept: 1, nested: { deep: true } }, 'got', trap('got'));
    const traps = new Proxy({}, { get: () => void ran.push('trap'), has: () => ran.push('has') > 0 });
    const options = Object.defineProperty({ metadata: { metadata, traps } }, 'userId', trap('userId'));
    await withContext(options, () => create());
    withContext({ metadata: { toJSON: () => ran.push('toJSON') } }, () => {});
    await withSession({ id: 's-2', ...DETAILS, metadata: { metadata, traps } }, async () => {});
    expect(ran).toEqual([]);
    const [event] = await harness.events();
    expect(event?.metadata?.context).toEqual({ metadata: { kept: 1, nested: { deep: true } } });
  });

  it('limits what it carries', async () => {
    const cyclic: Record<string, unknown> = { long: 'x'.repeat(20_000) };
    cyclic.self = cyclic;
    const tags = (prefix: string) => Array.from({ length: 64 }, (_, index) => `${prefix}${index}`);
    await withContext({ tags: tags('a'), metadata: cyclic }, () =>
      withContext({ tags: tags('b'), metadata: { more: 'y'.repeat(8000) } }, () => create()),
    );
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]));
    await withContext({ metadata: many }, () => create());
    expect(spans()[0]).toEqual(['chat plain', undefined, tags('b')]);
    const events = await harness.events();
    const contexts = events.map(({ metadata }) => metadata?.context);
    for (const carried of contexts) expect(JSON.stringify(carried).length).toBeLessThanOrEqual(8192);
    expect(contexts[0]).toMatchObject({ self: '[Circular]', more: expect.stringMatching(/^y+… \[\d+ char/) });
    expect(contexts.at(-1)).toMatchObject({ k0: 0, k1: 1 });
  });

  const userRule = 'it must be a non-empty string of at most 256 characters';
  const tagsRule = 'it must be an array of at most 64 non-empty strings of at most 256 characters';
  it.each([
    [{ userId: '' }, `option "userId" is ''; ${userRule}`],
    [{ userId: 7 }, `option "userId" is 7; ${userRule}`],
    [{ userId: 'x'.repeat(257) }, userRule],
    [{ tags: 'beta' }, `option "tags" is 'beta'; ${tagsRule}`],
    [{ tags: ['beta', ''] }, tagsRule],
    [{ tags: ['x'.repeat(257)] }, tagsRule],
    [{ tags: Array(65).fill('x') }, tagsRule],
    [{ metadata: 'gold' }, `option "metadata" is 'gold'; it must be an object`],
    [{ metadata: ['gold'] }, 'it must be an object'],
    [{ user: 'x' }, 'unknown option "user"; known options: userId, tags, metadata'],
    [undefined, 'the options are undefined; they must be an object, e.g. { userId, tags }'],
    [null, 'the options are null'],
  ])('rejects %j before anything runs', (options, message) => {
    const run = () => withContext(options as never, () => expect.unreachable());
    expect(run).toThrow(TypeError);
    expect(run).toThrow(message);
  });

  it('rejects a call without a function', () => {
    expect(() => withContext({ userId: 'u' }, undefined as never)).toThrow(
      'withContext: the second argument is undefined; it must be the function to run, e.g. withContext({ userId }, () => run(agent, question))',
    );
  });
});

describe('A session with a user', () => {
  const SESSIONS: Readonly<
    Record<string, (options: object, action: () => Promise<unknown>) => Promise<unknown>>
  > = {
    withSession: (options, action) => withSession(options, action),
    startSession: async (options, action) => {
      const session = startSession(options);
      await session.with(action);
      session.end();
    },
  };

  it.each(Object.entries(SESSIONS))('by %s shows it on its spans and events', async (_, inSession) => {
    await inSession({ name: 'desk', ...DETAILS }, () => agents.run(agent, 'first'));
    expect(spans().map(([name]) => name)).toContain('session desk');
    for (const [, user, tags] of spans()) expect([user, tags]).toEqual(['u-17', ['beta']]);
    const events = await harness.events();
    for (const { metadata, tags } of events) {
      expect(metadata?.user_id).toBe('u-17');
      expect(metadata).not.toHaveProperty('context');
      expect(tags).toEqual(['eu', 'beta']);
    }
    // The session's own metadata is a fact about the session.
    expect(events.map(({ metadata }) => metadata?.plan)).toEqual([
      'gold',
      ...Array(events.length - 1).fill(undefined),
    ]);
  });

  it('adds to the context around it', async () => {
    await withContext({ userId: 'outer', tags: ['x'], metadata: { plan: 'gold' } }, () =>
      withSession({ id: 's-4', tags: ['y'] }, () => create()),
    );
    for (const [, user, tags] of spans()) expect([user, tags]).toEqual(['outer', ['x', 'y']]);
    for (const { metadata } of await harness.events()) {
      expect(metadata).toMatchObject({ user_id: 'outer', context: { plan: 'gold' } });
    }
  });

  it('has its user in the context of its handle', async () => {
    const session = startSession({ userId: 'u-9' });
    await context.with(session.context, () => create());
    session.end();
    expect(spans()).toEqual(['chat plain', 'session'].map((name) => [name, 'u-9', undefined]));
  });
});
