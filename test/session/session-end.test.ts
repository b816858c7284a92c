/** The end of sessions that the application does not end: idle, shut down, switched off, exited. */
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OpenAIAgentsInstrumentation, recordSystemEvent, startSession } from '../../src/index.js';
import { eventLines } from '../../src/testing/event-lines.js';
import { AGENT, startTracedApplication, type TracedApplication } from '../record/traced-application.js';

vi.mock('../../src/clock.js', () => import('../harness/global-clock.js'));

const IDLE_MS = 60_000;
const MODEL = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' };

let application: TracedApplication;
const tracer = () => trace.getTracer('application');
const call = (attributes = {}) =>
  tracer()
    .startSpan('chat m', { attributes: { ...MODEL, ...attributes } })
    .end();

async function start(): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
  application = await startTracedApplication({ sessionIdleTimeoutMillis: IDLE_MS });
}
afterEach(async () => {
  vi.useRealTimers();
  await application.stop();
});

/** Events are made after the turn in which something happened, or when counts are asked for. */
const makeEvents = () => application.processor.stats();

const lines = async (options = {}) => eventLines(await application.events(options));
const CALL = ['  MODEL_INVOCATION_START', '  MODEL_INVOCATION_END'];

describe('A session that has been idle for long', () => {
  it('ends at its last activity, and begins again under its id', async () => {
    await start();
    call({ 'session.id': 's-1' });
    const lastActivity = Date.now();
    makeEvents();
    vi.advanceTimersByTime(IDLE_MS - 1);
    expect(await lines({ open: true })).toEqual(['SESSION_START', ...CALL]);
    vi.advanceTimersByTime(IDLE_MS);
    const events = await application.events();
    expect(eventLines(events)).toEqual(['SESSION_START', ...CALL, 'SESSION_END']);
    expect(events.at(-1)).toMatchObject({
      status: 'EVENT_STATUS_COMPLETED',
      metadata: { event_count: 4, reason: 'idle' },
      timestamp: new Date(lastActivity).toISOString().replace('.000Z', 'Z'),
    });
    call({ 'session.id': 's-1' });
    makeEvents();
    vi.advanceTimersByTime(2 * IDLE_MS);
    expect((await lines()).slice(4)).toEqual(['SESSION_START', ...CALL, 'SESSION_END']);
  });

  it('stays open if facts are recorded in it or spans are open in it', async () => {
    await start();
    const agent = tracer().startSpan('invoke_agent helper', {
      attributes: { ...AGENT, 'session.id': 's-2' },
    });
    makeEvents();
    vi.advanceTimersByTime(3 * IDLE_MS);
    agent.end();
    const session = startSession({ id: 's-3' });
    makeEvents();
    for (let minute = 0; minute < 3; minute += 1) {
      vi.advanceTimersByTime(IDLE_MS * 0.75);
      session.with(() => recordSystemEvent({ message: 'still here' }));
      makeEvents();
    }
    session.end();
    const of = (id: string, events: Awaited<ReturnType<typeof application.events>>) =>
      eventLines(events.filter((event) => event.session_id === id));
    const events = await application.events();
    expect(of('s-2', events)).toEqual([
      'SESSION_START',
      '  AGENT_START helper',
      '  AGENT_END helper',
      'SESSION_END',
    ]);
    expect(of('s-3', events)).toEqual(['SESSION_START', '  SYSTEM', '  SYSTEM', '  SYSTEM', 'SESSION_END']);
  });

  it('ends even if the application forgets it', async () => {
    await start();
    const session = startSession({ id: 's-4' });
    session.with(() => call());
    makeEvents();
    vi.advanceTimersByTime(2 * IDLE_MS);
    expect(await lines()).toEqual(['SESSION_START', ...CALL, 'SESSION_END']);
    session.end();
    expect(await lines()).toEqual(['SESSION_START', ...CALL, 'SESSION_END']);
  });

  it("begins again if the application returns to it, and then ends with the application's call", async () => {
    await start();
    const session = startSession({ id: 's-5' });
    session.with(() => call());
    makeEvents();
    vi.advanceTimersByTime(2 * IDLE_MS);
    session.with(() => call());
    session.with(() => recordSystemEvent({ message: 'back' }));
    session.fail(new Error('gone'));
    const events = await application.events();
    expect(eventLines(events)).toEqual([
      ...['SESSION_START', ...CALL, 'SESSION_END'],
      ...['SESSION_START', ...CALL, '  SYSTEM', 'SESSION_END (failed)'],
    ]);
    expect(new Set(events.map((event) => event.session_id))).toEqual(new Set(['s-5']));
    // Each period has its own START and END, with its own span id.
    expect(events[0]?.span_id).toBe(events[3]?.span_id);
    expect(events[4]?.span_id).toBe(events.at(-1)?.span_id);
    expect(events[4]?.span_id).not.toBe(events[0]?.span_id);
  });

  it('shares one timer with all others, which keeps no process alive and ends with the last session', async () => {
    await start();
    for (let id = 0; id < 50; id += 1) call({ 'session.id': `s-${id}` });
    makeEvents();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(2 * IDLE_MS);
    expect(vi.getTimerCount()).toBe(0);
    expect(eventLines(await application.events()).filter((line) => line === 'SESSION_END')).toHaveLength(50);
  });
});

describe('A session of a trace', () => {
  it('that continues after its root has ended begins again, with its own span id', async () => {
    await start();
    const root = tracer().startSpan('GET /');
    const within = trace.setSpan(ROOT_CONTEXT, root);
    tracer().startSpan('chat m', { attributes: MODEL }, within).end();
    root.end();
    tracer().startSpan('chat m', { attributes: MODEL }, within).end();
    const events = await application.events();
    expect(eventLines(events)).toEqual([
      ...['SESSION_START', ...CALL, 'SESSION_END'],
      ...['SESSION_START', ...CALL, 'SESSION_END'],
    ]);
    expect(events[4]?.span_id).not.toBe(events[0]?.span_id);
  });

  it('ends with the trace even if it began with a fact recorded before the first span of the trace', async () => {
    await start();
    const remote = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), traceFlags: 1, isRemote: true };
    const above = trace.setSpanContext(ROOT_CONTEXT, remote);
    const { context } = await import('@opentelemetry/api');
    context.with(above, () => recordSystemEvent({ message: 'early' }));
    tracer().startSpan('chat m', { attributes: MODEL }, above).end();
    expect(await lines()).toEqual(['SESSION_START', '  SYSTEM', ...CALL, 'SESSION_END']);
  });
});

describe('shutdown', () => {
  it('ends an open session as cancelled', async () => {
    await start();
    startSession({ id: 's-6' });
    await application.processor.shutdown();
    const events = await application.events();
    expect(eventLines(events)).toEqual(['SESSION_START', 'SESSION_END (cancelled)']);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('disable() of the last instrumentation', () => {
  it('ends the sessions without open spans', async () => {
    await start();
    const first = new OpenAIAgentsInstrumentation();
    const second = new OpenAIAgentsInstrumentation();
    call({ 'session.id': 's-7' });
    const busy = tracer().startSpan('chat m', { attributes: { ...MODEL, 'session.id': 's-8' } });
    first.disable();
    expect(await lines({ open: true })).not.toContain('SESSION_END');
    second.disable();
    const ended = (await application.events({ open: true })).filter(({ type }) =>
      type.endsWith('SESSION_END'),
    );
    expect(ended.map(({ session_id, metadata }) => [session_id, metadata?.reason])).toEqual([
      ['s-7', 'instrumentation stopped'],
    ]);
    busy.end();
  });
});
