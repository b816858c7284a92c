import * as agents from '@openai/agents';
import { context, DiagLogLevel, diag, trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSession } from '../../src/index.js';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { SEAL } from '../record/traced-application.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  await harness.reset();
});
afterAll(() => harness.stop());

const agent = new agents.Agent({ name: 'plain', model: 'plain' });
const call = () => harness.client.responses.create({ model: 'plain', input: 'Hello' });

describe('startSession', () => {
  it('opens one span and one session for everything that runs in it until its end', async () => {
    const session = startSession({ id: 's-1', name: 'chat', metadata: { plan: 'gold', since: new Date(0) } });
    expect(session.id).toBe('s-1');
    expect(await session.with(() => agents.run(agent, 'first'))).toMatchObject({
      finalOutput: expect.any(String),
    });
    await call();
    await session.with(call);
    session.end();
    session.end();

    expect(spanTree(harness.spans())).toEqual([
      'session chat [INTERNAL]',
      '  invoke_workflow plain [INTERNAL]',
      '    invoke_agent plain [INTERNAL]',
      '      chat plain [CLIENT]',
      '  chat plain [CLIENT]',
      'chat plain [CLIENT]',
    ]);
    const events = await harness.events();
    expect(streamViolations(events)).toEqual([]);
    expect(eventLines(events.filter((event) => event.session_id === 's-1'))).toEqual([
      'SESSION_START',
      '  AGENT_START plain',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  OUTPUT_EMITTED',
      '  AGENT_END plain',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
    const [start] = events;
    const span = harness.spans().find(({ name }) => name === 'session chat');
    expect(start).toEqual({
      ...SEAL,
      event_id: expect.any(String),
      type: 'EVENT_TYPE_SESSION_START',
      timestamp: expect.any(String),
      status: 'EVENT_STATUS_STARTED',
      severity: 'SEVERITY_INFO',
      author: 'AUTHOR_SYSTEM',
      session_id: 's-1',
      trace_id: span?.spanContext().traceId,
      span_id: span?.spanContext().spanId,
      metadata: {
        name: 'chat',
        plan: 'gold',
        since: '1970-01-01T00:00:00.000Z',
        stream_id: expect.stringMatching(/^stream-/),
        service: expect.stringContaining('unknown_service'),
      },
    });
  });

  it('keeps the context of the caller, and passes on the result or error of the function', () => {
    const session = startSession();
    const before = context.active();
    const failure = new RangeError('no');
    expect(session.with(() => context.active())).toBe(session.context);
    expect(session.with(() => 7)).toBe(7);
    expect(() =>
      session.with(() => {
        throw failure;
      }),
    ).toThrow(failure);
    expect(context.active()).toBe(before);
    session.end();
    expect(spanTree(harness.spans())).toEqual(['session [INTERNAL]']);
  });

  it('accepts spans of other instrumentations through its context', async () => {
    const session = startSession({ id: 's-2' });
    const tracer = trace.getTracer('application');
    const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' };
    tracer.startSpan('chat m', { attributes }, session.context).end();
    session.end();
    const events = await harness.events();
    expect(streamViolations(events)).toEqual([]);
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
    expect(new Set(events.map((event) => event.session_id))).toEqual(new Set(['s-2']));
  });

  it('can fail', async () => {
    const session = startSession({ id: 's-3' });
    session.fail(new RangeError('gone'));
    session.end();
    expect(spanTree(harness.spans())).toEqual(['session [INTERNAL] ✗ RangeError']);
    expect(eventLines(await harness.events())).toEqual(['SESSION_START', 'SESSION_END (failed)']);
  });

  it('ends its events with the last call if it is ended earlier', async () => {
    const session = startSession({ id: 's-4' });
    const pending = session.with(call);
    session.end();
    await pending;
    const events = await harness.events();
    expect(streamViolations(events)).toEqual([]);
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
  });

  it('runs functions outside of it after its end, and warns once', async () => {
    const warnings: unknown[] = [];
    const logger = {
      error() {},
      warn: (text: string) => void warnings.push(text),
      info() {},
      debug() {},
      verbose() {},
    };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    const session = startSession({ id: 's-5' });
    session.end();
    await session.with(call);
    await session.with(call);
    diag.disable();
    expect(warnings).toEqual([
      'opentelemetry-instrumentation-openai-agents: session.with(): the session has ended, so what runs now is not part of it',
    ]);
    expect(harness.spans().map((span) => span.attributes['session.id'])).toEqual([
      's-5',
      undefined,
      undefined,
    ]);
  });

  it('ends with the block of a using declaration', async () => {
    let open: ReturnType<typeof startSession>;
    {
      using session = startSession({ id: 's-6' });
      open = session;
      session.with(() => {});
      expect(harness.openSpanCount()).toBe(1);
    }
    expect(harness.openSpanCount()).toBe(0);
    {
      await using session = startSession({ id: 's-7' });
      await session.with(call);
      expect(harness.openSpanCount()).toBe(1);
    }
    expect(harness.openSpanCount()).toBe(0);
    open.end();
    const events = await harness.events();
    expect(streamViolations(events)).toEqual([]);
    expect(events.map((event) => event.session_id)).toEqual(['s-6', 's-6', 's-7', 's-7', 's-7', 's-7']);
  });

  it('works if the symbols of using declarations are missing', async () => {
    const { dispose, asyncDispose } = Symbol;
    const stub = {
      ...Object.fromEntries(Object.entries(Symbol)),
      for: Symbol.for,
      iterator: Symbol.iterator,
    };
    vi.stubGlobal('Symbol', stub);
    let session: ReturnType<typeof startSession>;
    try {
      session = startSession({ id: 's-8' });
    } finally {
      vi.unstubAllGlobals();
    }
    expect([Symbol.dispose, Symbol.asyncDispose]).toEqual([dispose, asyncDispose]);
    expect(Reflect.ownKeys(session)).toEqual([]);
    session.end();
    expect(eventLines(await harness.events())).toEqual(['SESSION_START', 'SESSION_END']);
  });

  it.each([
    [null, 'startSession: the options are null; they must be an object, e.g. { id, name }'],
    [{ id: 5 }, 'startSession: option "id" is 5; it must be a non-empty string'],
    [
      { id: '', metadata: 'gold', idd: 's' },
      'startSession: unknown option "idd"; known options: id, name, userId, tags, metadata; ' +
        'option "id" is \'\'; it must be a non-empty string; ' +
        'option "metadata" is \'gold\'; it must be an object',
    ],
  ])('rejects %j before anything starts', (options, message) => {
    expect(() => startSession(options as never)).toThrow(
      new TypeError(`opentelemetry-instrumentation-openai-agents: ${message}`),
    );
  });
});
