/** An application cannot notice the instrumentation: an instrumented session beside one that is not. */
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import * as realtime from '@openai/agents/realtime';
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type RealtimeHarness, startRealtimeHarness } from './realtime-harness.js';

/** The other copy of the package, which is not instrumented. */
const untouched = createRequire(import.meta.url)('@openai/agents/realtime') as typeof realtime;

let h: RealtimeHarness;
beforeAll(async () => {
  h = await startRealtimeHarness();
});
afterEach(() => h.checkAndReset());
afterAll(() => h.stop());

/** Both kinds of session, connected. */
async function both(): Promise<readonly [realtime.RealtimeSession, realtime.RealtimeSession]> {
  const plain = new untouched.RealtimeSession(new untouched.RealtimeAgent({ name: 'greeter' }), {
    transport: 'websocket',
  });
  await plain.connect({ apiKey: 'sk-local', url: h.server.url });
  const instrumented = await h.connect(new realtime.RealtimeAgent({ name: 'greeter' }));
  return [plain, instrumented];
}

describe('An instrumented session is unchanged in', () => {
  const OBSERVATIONS: readonly (readonly [
    what: string,
    of: (session: realtime.RealtimeSession) => unknown,
  ])[] = [
    ['its listeners', (session) => session.eventNames()],
    ['the listeners of an error', (session) => session.listenerCount('error')],
    ['its own members', (session) => Object.keys(session)],
    ['the names of its methods', (session) => [session.connect.name, session.emit.name, session.close.name]],
    ['the lengths of its methods', (session) => [session.connect.length, session.emit.length]],
    [
      "its transport's listeners",
      (session) => (session.transport as unknown as { eventEmitter: EventEmitter }).eventEmitter.eventNames(),
    ],
    ["its transport's members", (session) => Reflect.ownKeys(session.transport)],
    ['the result of emitting an event without listeners', (session) => session.emit('history_updated', [])],
    [
      'an error without listeners',
      (session) => {
        try {
          return session.emit('error', { type: 'error', error: new Error('unheard') });
        } catch (error) {
          return [(error as Error).name, (error as { code?: string }).code];
        }
      },
    ],
    [
      'what a listener that throws does',
      (session) => {
        session.once('history_added', () => {
          throw new TypeError('not mine');
        });
        try {
          return session.emit('history_added', {} as never);
        } catch (error) {
          return String(error);
        }
      },
    ],
  ];

  it.each(OBSERVATIONS)('%s', async (_what, of) => {
    const [plain, instrumented] = await both();
    try {
      expect(of(instrumented)).toEqual(of(plain));
    } finally {
      plain.close();
      instrumented.close();
    }
  });
});

it('no listener is added, so Node does not warn however often a session connects', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => {
    warnings.push(warning);
  };
  process.on('warning', note);
  const session = await h.connect(new realtime.RealtimeAgent({ name: 'greeter' }));
  for (let listener = 0; listener < EventEmitter.defaultMaxListeners; listener += 1) {
    session.on('transport_event', () => {});
    session.transport.on('connection_change', () => {});
  }
  for (let round = 0; round < 3; round += 1) {
    session.close();
    await session.connect({ apiKey: 'sk-local', url: h.server.url });
  }
  session.close();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

it('a session is recorded even if the application removes all listeners', async () => {
  const session = await h.connect(new realtime.RealtimeAgent({ name: 'greeter' }));
  session.removeAllListeners();
  await h.ask(session, 'Hello?', { speech: 'Hello.' });
  session.close();
  expect(h.tree()).toEqual([
    'realtime gpt-realtime [INTERNAL]',
    '  invoke_agent greeter [INTERNAL]',
    '    chat gpt-realtime [CLIENT]',
  ]);
});

it('a failed connection whose promise is ignored stays an unhandled rejection', async () => {
  const before = process.listeners('unhandledRejection');
  // vitest and the SDK have their own listeners, which would end the process.
  process.removeAllListeners('unhandledRejection');
  const seen = new Promise((resolve) => process.once('unhandledRejection', resolve));
  const session = new realtime.RealtimeSession(new realtime.RealtimeAgent({ name: 'greeter' }), {
    transport: 'websocket',
    model: 'gpt-realtime',
  });
  void session.connect({ apiKey: '' });
  expect(String(await seen)).toContain('API key is not set');
  for (const listener of before) process.on('unhandledRejection', listener as never);
  expect(h.tree()).toEqual(['realtime gpt-realtime [INTERNAL] ✗ UserError']);
});

it('the context around a session is unchanged', async () => {
  await trace.getTracer('application').startActiveSpan('request', async (span) => {
    const session = await h.connect(new realtime.RealtimeAgent({ name: 'greeter' }));
    expect(trace.getActiveSpan()).toBe(span);
    await h.ask(session, 'Hello?', { speech: 'Hello.' });
    expect(trace.getActiveSpan()).toBe(span);
    session.close();
    expect(trace.getActiveSpan()).toBe(span);
    span.end();
  });
  expect(h.tree()).toEqual([
    'request [INTERNAL]',
    '  realtime gpt-realtime [INTERNAL]',
    '    invoke_agent greeter [INTERNAL]',
    '      chat gpt-realtime [CLIENT]',
  ]);
});

it('both copies of the package are instrumented if both are passed', async () => {
  h.harness.instrumentation.manuallyInstrument({ realtime: untouched });
  h.harness.instrumentation.manuallyInstrument({ realtime });
  const [first, second] = await both();
  first.close();
  second.close();
  expect(h.tree()).toEqual(['realtime gpt-realtime-2.1 [INTERNAL]', 'realtime gpt-realtime [INTERNAL]']);
});

it('the session class can be extended, and its methods replaced', async () => {
  class Phone extends realtime.RealtimeSession {
    readonly emitted: unknown[] = [];
    // The SDK types emit() by event, which a replacement for all events cannot follow.
    override emit = (name: unknown, ...args: unknown[]): boolean => {
      this.emitted.push(name);
      return Reflect.apply(realtime.RealtimeSession.prototype.emit, this, [name, ...args]);
    };
  }
  const agent = new realtime.RealtimeAgent({
    name: 'worker',
    tools: [
      realtime.tool({ name: 'work', description: 'Works', parameters: z.object({}), execute: () => 'done' }),
    ],
  });
  const phone = new Phone(agent, { transport: 'websocket', model: 'gpt-realtime' });
  await phone.connect({ apiKey: 'sk-local', url: h.server.url });
  await h.received('session.update', 2);
  const call = { name: 'work', callId: 'call_1', arguments: '{}' };
  await h.ask(phone, 'Work!', { calls: [call] }, { speech: 'Done.' });
  phone.close();
  expect(phone.emitted).toContain('agent_tool_end');
  expect(h.tree()).toContain('    execute_tool work [INTERNAL]');
});

describe('manuallyInstrument', () => {
  it('requires the module that has the session', () => {
    expect(() => h.harness.instrumentation.manuallyInstrument({ realtime: {} })).toThrow(
      "manuallyInstrument({ realtime }) needs the module '@openai/agents/realtime'",
    );
  });

  it('is not needed if the loader hook sees the package', () => {
    const names = h.harness.instrumentation.getModuleDefinitions().map(({ name }) => name);
    expect(names).toContain('@openai/agents-realtime');
  });

  it('warns of methods that a version of the package does not have', () => {
    class RealtimeSession {
      connect() {}
      close() {}
      emit() {}
      approve() {}
    }
    h.harness.instrumentation.manuallyInstrument({ realtime: { RealtimeSession } });
    expect(h.faults.splice(0).map(([, message]) => message)).toEqual([
      expect.stringContaining(
        'this version of @openai/agents-realtime has no RealtimeSession.prototype.reject',
      ),
    ]);
  });
});
