import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as realtime from '@openai/agents/realtime';
import { ScriptedRealtimeTransport } from '@openai/agents/realtime/testing';
import { SpanStatusCode } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type RealtimeHarness, type Session, startRealtimeHarness } from './realtime-harness.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let h: RealtimeHarness;
beforeAll(async () => {
  h = await startRealtimeHarness();
});
afterEach(() => h.checkAndReset());
afterAll(() => h.stop());

const greeter = () => new realtime.RealtimeAgent({ name: 'greeter', instructions: 'Greet.' });

/** An application that listens to errors, because they are thrown otherwise. */
async function connectHeeding(
  agent = greeter(),
): Promise<{ session: Session; errors: realtime.TransportError[] }> {
  const session = await h.connect(agent);
  const errors: realtime.TransportError[] = [];
  session.on('error', (error) => errors.push(error));
  return { session, errors };
}

const statusOf = (name: string) => h.harness.spans().find((span) => span.name === name)?.status;

describe('A response that', () => {
  it('fails is an error of the call and of the agent, and the session continues', async () => {
    const { session } = await connectHeeding();
    await h.ask(session, 'Hello?', {
      status: 'failed',
      statusDetails: {
        type: 'failed',
        error: { type: 'server_error', code: 'rate_limit_exceeded', message: 'Too many, sk-1234567890' },
      },
      usage: {},
    });
    await h.ask(session, 'Hello again?', { speech: 'Hello.' });
    await h.ended('invoke_agent greeter', 2);
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL] ✗ rate_limit_exceeded',
      '    chat gpt-realtime [CLIENT] ✗ rate_limit_exceeded',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
    expect(statusOf('chat gpt-realtime')).toEqual({
      code: SpanStatusCode.ERROR,
      message: 'The response failed',
    });
    expect((await h.eventLines()).slice(3, 9)).toEqual([
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    ERROR rate_limit_exceeded',
      '    MODEL_INVOCATION_END (failed)',
      '  ERROR rate_limit_exceeded',
      '  AGENT_END greeter (failed)',
    ]);
  });

  it.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content_filter'],
  ])('is incomplete for %s is none', async (reason, finishReason) => {
    const { session } = await connectHeeding();
    await h.ask(session, 'Hello?', {
      speech: 'Hel',
      status: 'incomplete',
      statusDetails: { type: 'incomplete', reason },
    });
    await h.ended('invoke_agent greeter');
    session.close();
    expect(h.attributesOf('chat gpt-realtime')).toMatchObject([
      { 'gen_ai.response.finish_reasons': [finishReason] },
    ]);
    expect(statusOf('chat gpt-realtime')).toEqual({ code: SpanStatusCode.UNSET });
  });
});

describe('An error of the provider', () => {
  it('after which the session continues is an event on its span and in the stream', async () => {
    const { session, errors } = await connectHeeding();
    h.peer.send({
      type: 'error',
      error: { type: 'invalid_request_error', code: 'unknown_item', message: 'No such item', event_id: 'e1' },
    });
    await expect.poll(() => errors.length).toBe(1);
    await h.ask(session, 'Hello?', { speech: 'Hello.' });
    await h.ended('invoke_agent greeter');
    session.close();
    const [span] = h.harness.spans().filter(({ name }) => name === 'realtime gpt-realtime');
    expect(span?.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(span?.events.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      {
        name: 'openai_agents.realtime.error',
        attributes: {
          'error.type': 'unknown_item',
          'exception.message': 'The provider reported an error',
          'openai_agents.realtime.request.id': 'e1',
        },
      },
    ]);
    const [, reported] = await h.harness.events();
    expect(reported).toMatchObject({
      type: 'EVENT_TYPE_SYSTEM',
      severity: 'SEVERITY_ERROR',
      metadata: {
        message: 'Error in a realtime session: The provider reported an error',
        error_type: 'unknown_item',
        request_id: 'e1',
        error_message: 'No such item',
      },
    });
  });

  it('before the connection closes is the reason why the session failed', async () => {
    const { errors } = await connectHeeding();
    h.peer.send({
      type: 'error',
      error: { type: 'invalid_request_error', code: 'session_expired', message: 'Your session has expired' },
    });
    h.peer.socket.close();
    await h.ended('realtime gpt-realtime');
    expect(errors).toHaveLength(1);
    expect(h.tree()).toEqual(['realtime gpt-realtime [INTERNAL] ✗ session_expired']);
    expect(await h.eventLines()).toEqual([
      'SESSION_START',
      '  SYSTEM',
      '  ERROR session_expired',
      'SESSION_END (failed)',
    ]);
  });
});

describe('A connection', () => {
  it('that is lost in the middle of an answer fails with it, and keeps the text received', async () => {
    const session = await h.connect(greeter());
    h.server.replies = [{ speech: 'Once upon a', unfinished: true }];
    session.sendMessage('Tell me a story.');
    await new Promise((resolve) => session.once('audio', resolve));
    h.peer.socket.terminate();
    await h.ended('realtime gpt-realtime');
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL] ✗ connection_closed',
      '  invoke_agent greeter [INTERNAL] ✗ connection_closed',
      '    chat gpt-realtime [CLIENT] ✗ connection_closed',
    ]);
    expect(h.attributesOf('chat gpt-realtime')).toMatchObject([
      { 'gen_ai.response.finish_reasons': ['error'], 'error.type': 'connection_closed' },
    ]);
    expect(await h.eventLines()).toEqual([
      'SESSION_START',
      '  AGENT_START greeter',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    ERROR connection_closed',
      '    MODEL_INVOCATION_END (failed)',
      '  ERROR connection_closed',
      '  AGENT_END greeter (failed)',
      'SESSION_END (failed)',
    ]);
    const ended = (await h.harness.events()).find(
      (event) => event.type === 'EVENT_TYPE_MODEL_INVOCATION_END',
    );
    expect(ended?.llm_invocation?.response).toMatchObject({
      messages: [{ role: 'assistant', content: 'Once upon a' }],
    });
  });

  it('that the server closes between answers ends without an error', async () => {
    const session = await h.connect(greeter());
    await h.ask(session, 'Hello?', { speech: 'Hello.' });
    h.peer.socket.close();
    await h.ended('realtime gpt-realtime');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
  });

  it('that the application closes in the middle of an answer is cancelled, not failed', async () => {
    const session = await h.connect(greeter());
    h.server.replies = [{ speech: 'Once upon a', unfinished: true }];
    session.sendMessage('Tell me a story.');
    await new Promise((resolve) => session.once('audio', resolve));
    session.close();
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL] (cancelled)',
      '    chat gpt-realtime [CLIENT] (cancelled)',
    ]);
    expect((await h.eventLines()).at(-1)).toBe('SESSION_END');
  });

  it('that no server answers fails with the error that the application gets', async () => {
    const closed = createServer();
    await once(closed.listen(0, '127.0.0.1'), 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const session = new realtime.RealtimeSession(greeter(), {
      transport: 'websocket',
      model: 'gpt-realtime',
    });
    session.on('error', () => {});
    await expect(
      session.connect({ apiKey: 'sk-local', url: `ws://127.0.0.1:${port}` }),
    ).rejects.toMatchObject({
      type: 'error',
    });
    expect(h.tree()).toEqual(['realtime gpt-realtime [INTERNAL] ✗ ECONNREFUSED']);
    expect(await h.eventLines()).toEqual([
      'SESSION_START',
      '  SYSTEM',
      '  ERROR ECONNREFUSED',
      'SESSION_END (failed)',
    ]);
  });

  it('that is refused fails with the error of the server', async () => {
    const refusing = createServer((_request, response) => response.writeHead(401).end());
    await once(refusing.listen(0, '127.0.0.1'), 'listening');
    const { port } = refusing.address() as AddressInfo;
    const session = new realtime.RealtimeSession(greeter(), {
      transport: 'websocket',
      model: 'gpt-realtime',
    });
    session.on('error', () => {});
    await session.connect({ apiKey: 'sk-local', url: `ws://127.0.0.1:${port}` }).catch(() => {});
    refusing.close();
    expect(statusOf('realtime gpt-realtime')).toEqual({
      code: SpanStatusCode.ERROR,
      message: 'Unexpected server response: 401',
    });
  });

  it('that is closed before it is established is cancelled', async () => {
    const session = new realtime.RealtimeSession(greeter(), {
      transport: 'websocket',
      model: 'gpt-realtime',
    });
    const connecting = session.connect({ apiKey: 'sk-local', url: h.server.url });
    session.close();
    await connecting.catch(() => {});
    expect(h.tree()).toEqual(['realtime gpt-realtime [INTERNAL] (cancelled)']);
  });

  it('of a garbage-collected session ends', async () => {
    // Only the session refers to this transport. A socket would be kept alive by the process.
    await (async () => {
      const session = new realtime.RealtimeSession(greeter(), {
        transport: new ScriptedRealtimeTransport(),
        model: 'gpt-realtime',
      });
      await session.connect({ apiKey: 'sk-local' });
    })();
    await expect
      .poll(
        () => {
          collectGarbage();
          return h.harness.openSpanCount();
        },
        { timeout: 30_000, interval: 20 },
      )
      .toBe(0);
    expect(h.tree()).toEqual(['realtime gpt-realtime [INTERNAL] (cancelled)']);
  });
});

describe('A tool', () => {
  const agentWith = (execute: () => unknown) =>
    new realtime.RealtimeAgent({
      name: 'worker',
      tools: [
        realtime.tool({
          name: 'work',
          description: 'Works',
          parameters: z.object({ hours: z.number() }),
          // By default the SDK turns the error into a result and does not report it.
          errorFunction: null,
          execute: async () => execute(),
        }),
      ],
    });
  const call = (name: string, args: string) => ({ calls: [{ name, callId: 'call_1', arguments: args }] });

  it('that throws is a failed call, and the agent waits for no response', async () => {
    const { session, errors } = await connectHeeding(
      agentWith(() => {
        throw new RangeError('Too many hours');
      }),
    );
    await h.ask(session, 'Work!', call('work', '{"hours":99}'));
    await h.ended('invoke_agent worker');
    session.close();
    expect(errors).toHaveLength(1);
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent worker [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool work [INTERNAL] ✗ RangeError',
    ]);
    // The tool's words are content, which spans do not carry here.
    expect(statusOf('execute_tool work')).toEqual({ code: SpanStatusCode.ERROR });
    expect((await h.eventLines()).filter((line) => /TOOL|ERROR/.test(line))).toEqual([
      '    TOOL_CALL_START work',
      '    ERROR RangeError',
      '    TOOL_CALL_END (failed)',
    ]);
  });

  it('with unreadable arguments is a failed call, too', async () => {
    const { session } = await connectHeeding(agentWith(() => 'done'));
    await h.ask(session, 'Work!', call('work', '{"hours":'));
    await h.ended('invoke_agent worker');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent worker [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool work [INTERNAL] ✗ SyntaxError',
    ]);
  });

  it('that the agent does not have is a failed call, and not an error of the session', async () => {
    const { session, errors } = await connectHeeding(agentWith(() => 'done'));
    await h.ask(session, 'Work!', call('rest', '{}'));
    await h.ended('invoke_agent worker');
    session.close();
    expect(errors).toHaveLength(1);
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent worker [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool rest [INTERNAL] ✗ ModelBehaviorError',
    ]);
    const [span] = h.harness.spans().filter(({ name }) => name === 'realtime gpt-realtime');
    expect(span?.events).toEqual([]);
    expect((await h.eventLines()).filter((line) => /TOOL|ERROR/.test(line))).toEqual([
      '    TOOL_CALL_START rest',
      '    ERROR ModelBehaviorError',
      '    TOOL_CALL_END (failed)',
    ]);
  });

  it('that runs while the session is closed is cancelled', async () => {
    let finish: () => void = () => {};
    const running = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let started: () => void = () => {};
    const begun = new Promise<void>((resolve) => {
      started = resolve;
    });
    const { session } = await connectHeeding(
      agentWith(() => {
        started();
        return running;
      }),
    );
    await h.ask(session, 'Work!', call('work', '{"hours":1}'));
    await begun;
    session.close();
    finish();
    await running;
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent worker [INTERNAL] (cancelled)',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool work [INTERNAL] (cancelled)',
    ]);
  });
});

it('disabling the instrumentation ends the record while the session continues; after enabling, the next session is recorded', async () => {
  const session = await h.connect(greeter());
  h.server.replies = [{ speech: 'Once upon a', unfinished: true }];
  session.sendMessage('Tell me a story.');
  await new Promise((resolve) => session.once('audio', resolve));
  h.harness.instrumentation.disable();
  try {
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL] (cancelled)',
      '  invoke_agent greeter [INTERNAL] (cancelled)',
      '    chat gpt-realtime [CLIENT] (cancelled)',
    ]);
    expect(Object.hasOwn(session.transport, 'emit')).toBe(false);
    expect(Object.hasOwn(realtime.RealtimeSession.prototype, 'emit')).toBe(false);
    const done = new Promise((resolve) => session.once('agent_end', resolve));
    h.peer.finish();
    await done;
    const another = new realtime.RealtimeSession(greeter(), { transport: 'websocket' });
    await another.connect({ apiKey: 'sk-local', url: h.server.url });
    another.close();
  } finally {
    h.harness.instrumentation.enable();
  }
  expect(h.harness.spans()).toHaveLength(3);
  session.close();
  await h.harness.reset();
  const recorded = await h.connect(greeter());
  recorded.close();
  expect(h.tree()).toEqual(['realtime gpt-realtime [INTERNAL]']);
});
