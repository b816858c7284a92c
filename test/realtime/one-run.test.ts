/** One question is one run of an agent, and what is found out about its answer belongs to it. */
import * as realtime from '@openai/agents/realtime';
import { ScriptedRealtimeTransport } from '@openai/agents/realtime/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type RealtimeHarness,
  type Session,
  type SessionOptions,
  startRealtimeHarness,
} from './realtime-harness.js';

let h: RealtimeHarness;
beforeAll(async () => {
  h = await startRealtimeHarness();
});
afterEach(() => h.checkAndReset());
afterAll(() => h.stop());

/** Sources: openai/openai-agents-python#1912, #3933 (guardrails run on the transcript, beside the conversation). */
describe('A guardrail that trips late', () => {
  const billing = new realtime.RealtimeAgent({ name: 'billing', instructions: 'Bill.' });
  let verdict: () => void = () => {};
  const options: SessionOptions = {
    outputGuardrails: [
      {
        name: 'slow_moderation',
        execute: async ({ agentOutput }) => {
          const isBad = agentOutput.includes('price');
          if (isBad) {
            await new Promise<void>((resolve) => {
              verdict = resolve;
            });
          }
          return { tripwireTriggered: isBad, outputInfo: {} };
        },
      },
    ],
    outputGuardrailSettings: { debounceTextLength: -1 },
  };

  const tripped = (session: Session) =>
    new Promise<void>((resolve) => {
      session.once('guardrail_tripped', () => resolve());
      verdict();
    });

  async function connect(): Promise<Session> {
    const session = await h.connect(
      new realtime.RealtimeAgent({ name: 'greeter', instructions: 'Greet.', handoffs: [billing] }),
      options,
    );
    h.peer.hear();
    h.peer.respond({ speech: 'The price is ten.' });
    await h.ended('invoke_agent greeter');
    return session;
  }

  const placed = async () => {
    const events = await h.harness.events();
    const [decision] = events.filter(({ type }) => type === 'EVENT_TYPE_POLICY_DECISION');
    const [span] = h.attributesOf('guardrail slow_moderation') as Record<string, unknown>[];
    return [decision?.agent_name, span?.['gen_ai.agent.name'], span?.['gen_ai.response.id']];
  };

  it('belongs to the agent that gave the answer after the caller was handed over', async () => {
    const session = await connect();
    h.server.replies = [{ speech: 'Billing here.', unfinished: true }];
    h.peer.hear();
    h.peer.respond({ calls: [{ name: 'transfer_to_billing', callId: 'call_1', arguments: '{}' }] });
    await new Promise((resolve) => session.once('audio', resolve));
    await tripped(session);
    h.peer.finish();
    await h.ended('invoke_agent billing');
    session.close();
    expect(h.tree().filter((line) => !line.includes('transcription'))).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    guardrail slow_moderation [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    handoff billing [INTERNAL]',
      '  invoke_agent billing [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      ...h
        .tree()
        .slice(-2)
        .filter((line) => line.includes('cancelled')),
    ]);
    expect(await placed()).toEqual(['greeter', 'greeter', `resp_${h.peer.number}_1`]);
  });

  it('belongs to its answer in the next exchange', async () => {
    const session = await connect();
    h.peer.hear();
    h.peer.respond({ speech: 'Anything else?', unfinished: true });
    await new Promise((resolve) => session.once('audio', resolve));
    await tripped(session);
    h.peer.finish();
    await h.ended('invoke_agent greeter', 2);
    session.close();
    expect(h.tree().filter((line) => /agent|guardrail/.test(line))).toEqual([
      '  invoke_agent greeter [INTERNAL]',
      '    guardrail slow_moderation [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      ...h.tree().filter((line) => /agent.*cancelled/.test(line)),
    ]);
    expect(await placed()).toEqual(['greeter', 'greeter', `resp_${h.peer.number}_1`]);
  });

  it('belongs to its answer after that has ended, in the session of the call', async () => {
    const session = await connect();
    await tripped(session);
    session.close();
    expect(await placed()).toEqual(['greeter', 'greeter', `resp_${h.peer.number}_1`]);
    expect(new Set((await h.harness.events()).map((event) => event.session_id)).size).toBe(1);
  });
});

describe('A question', () => {
  it('is one run if the caller speaks on while its tool runs', async () => {
    let finish: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const tool = realtime.tool({
      name: 'weather',
      description: 'The weather',
      parameters: z.object({}),
      execute: () => done,
    });
    const session = await h.connect(
      new realtime.RealtimeAgent({ name: 'forecaster', instructions: 'Tell.', tools: [tool] }),
    );
    const runs = new Promise((resolve) => session.once('agent_tool_start', resolve));
    h.peer.hear('Weather in Oslo?');
    h.peer.respond({ calls: [{ name: 'weather', callId: 'call_1', arguments: '{}' }] });
    await runs;
    h.peer.hear('I mean today.');
    await h.ended('transcription gpt-4o-mini-transcribe', 2);
    h.server.replies = [{ speech: 'It rains.' }];
    finish();
    await h.ended('invoke_agent forecaster');
    session.close();
    expect(h.tree().filter((line) => !line.includes('transcription'))).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent forecaster [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool weather [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
    const inputs = (await h.harness.events()).filter(({ type }) => type === 'EVENT_TYPE_INPUT_RECEIVED');
    expect(inputs.map((event) => event.message?.text)).toEqual(['Weather in Oslo?', 'I mean today.']);
  });

  it('is one run if the provider answers what the caller says while its tool runs', async () => {
    let finish: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const tool = realtime.tool({
      name: 'weather',
      description: 'The weather',
      parameters: z.object({}),
      execute: () => done,
    });
    const session = await h.connect(new realtime.RealtimeAgent({ name: 'forecaster', tools: [tool] }));
    const runs = new Promise((resolve) => session.once('agent_tool_start', resolve));
    h.peer.hear('Weather in Oslo?');
    h.peer.respond({ calls: [{ name: 'weather', callId: 'call_1', arguments: '{}' }] });
    await runs;
    h.peer.hear('Are you there?');
    h.peer.respond({ speech: 'One moment.' });
    await h.ended('chat gpt-realtime', 2);
    h.server.replies = [{ speech: 'It rains.' }];
    finish();
    await h.ended('invoke_agent forecaster');
    session.close();
    expect(h.tree().filter((line) => line.includes('invoke_agent'))).toHaveLength(1);
    expect(h.tree().filter((line) => line.includes('chat'))).toHaveLength(3);
  });

  const asked = {
    id: 'mcpr_1',
    type: 'mcp_approval_request',
    name: 'lookup',
    server_label: 'orders',
    arguments: '{}',
  };
  const mcpCall = {
    id: 'mcp_1',
    type: 'mcp_call',
    name: 'lookup',
    server_label: 'orders',
    arguments: '{"order":7}',
    approval_request_id: 'mcpr_1',
    output: null,
    error: null,
  };
  const itemDone = (item: object) => ({ type: 'conversation.item.done', previous_item_id: null, item });
  const waiting = async (answer: 'approve' | 'reject') => {
    const session = await h.connect(new realtime.RealtimeAgent({ name: 'clerk', instructions: 'Look up.' }));
    const request = new Promise<Parameters<Session['approve']>[0]>((resolve) => {
      session.once('tool_approval_requested', (_context, _agent, { approvalItem }) => resolve(approvalItem));
    });
    h.peer.hear('Where is my order?');
    h.peer.respond({ unfinished: true });
    h.peer.send(itemDone(asked));
    h.peer.finish();
    const item = await request;
    await h.ended('chat gpt-realtime');
    await session[answer](item);
    return session;
  };

  it.each([
    ['with the request that was approved', {}],
    ['without it', { approval_request_id: null }],
  ])('is one run if a hosted call of it is approved, %s', async (_name, more) => {
    const session = await waiting('approve');
    h.server.replies = [{ speech: 'On its way.' }];
    h.peer.send({ type: 'conversation.item.added', previous_item_id: null, item: { ...mcpCall, ...more } });
    h.peer.send(itemDone({ ...mcpCall, ...more, output: '{"state":"sent"}' }));
    await h.ended('invoke_agent clerk');
    session.close();
    expect(h.tree().filter((line) => !line.includes('transcription'))).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent clerk [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    tools/call lookup [CLIENT]',
      '    chat gpt-realtime [CLIENT]',
    ]);
    const lines = await h.eventLines();
    expect(lines.filter((line) => /AGENT|POLICY|MCP/.test(line))).toEqual([
      '  AGENT_START clerk',
      '  POLICY_DECISION review',
      '  POLICY_DECISION allow',
      '    MCP_CALL_START tools/call',
      '    MCP_CALL_END tools/call',
      '  AGENT_END clerk',
    ]);
  });

  it('ends with the answer if a hosted call of it is rejected', async () => {
    const session = await waiting('reject');
    await h.ended('invoke_agent clerk');
    session.close();
    expect(h.tree().filter((line) => line.includes('invoke_agent'))).toEqual([
      '  invoke_agent clerk [INTERNAL]',
    ]);
  });

  it('has the conversation on all its spans once that is known', async () => {
    const session = await waiting('approve');
    h.server.replies = [{ speech: 'On its way.' }];
    h.peer.send({ type: 'conversation.item.added', previous_item_id: null, item: mcpCall });
    h.peer.send(itemDone({ ...mcpCall, output: '{}' }));
    await h.ended('invoke_agent clerk');
    session.close();
    // The transcription ended before the first response, which brings the identifier.
    const [transcription, ...later] = h.harness.spans();
    expect(transcription?.attributes).not.toHaveProperty('gen_ai.conversation.id');
    expect(later.map(({ attributes }) => attributes['gen_ai.conversation.id'])).toEqual(
      later.map(() => `conv_${h.peer.number}`),
    );
  });
});

/** Sources: openai/openai-agents-js#153 (restarting a session), Eigenwise/tesseron#88 (connect() twice on a reconnect). */
describe('A second connect()', () => {
  const greeter = () => new realtime.RealtimeAgent({ name: 'greeter', instructions: 'Greet.' });

  it('that is refused changes nothing for the call that goes on', async () => {
    const session = await h.connect(greeter());
    await h.ask(session, 'Hello?', { speech: 'Hello.' });
    await expect(session.connect({ apiKey: 'sk-local', url: h.server.url })).rejects.toThrow('already');
    await h.ask(session, 'Still there?', { speech: 'Yes.' });
    await h.ended('invoke_agent greeter', 2);
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      'realtime gpt-realtime [INTERNAL] ✗ UserError',
    ]);
  });

  it.each([
    ['a loss', () => h.peer.socket.terminate(), ' ✗ connection_closed'],
    ['a hang-up', () => h.peer.socket.close(1000), ''],
    ['close()', (session: Session) => session.close(), ''],
  ])('after %s starts a new session span', async (_name, end, outcome) => {
    const session = await h.connect(greeter());
    session.on('error', () => {});
    await h.ask(session, 'Hello?', { speech: 'Hello.' });
    end(session);
    await h.ended('realtime gpt-realtime');
    await session.connect({ apiKey: 'sk-local', url: h.server.url });
    await h.received('session.update', 2);
    await h.ask(session, 'Hello again?', { speech: 'Hello.' });
    await h.ended('invoke_agent greeter', 2);
    session.close();
    expect(h.tree()).toEqual([
      `realtime gpt-realtime [INTERNAL]${outcome}`,
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
  });

  it('that succeeds on a transport of the application starts a new session span', async () => {
    const session = new realtime.RealtimeSession(greeter(), {
      transport: new ScriptedRealtimeTransport(),
      model: 'gpt-realtime',
    });
    await session.connect({ apiKey: 'sk-local' });
    await session.connect({ apiKey: 'sk-local' });
    expect(h.tree()).toEqual(['realtime gpt-realtime [INTERNAL]']);
    session.close();
    expect(h.tree()).toEqual(['realtime gpt-realtime [INTERNAL]', 'realtime gpt-realtime [INTERNAL]']);
  });

  it('that is given up with the session is cancelled', async () => {
    const session = await h.connect(greeter());
    const second = session.connect({ apiKey: 'sk-local', url: h.server.url }).catch(() => {});
    session.close();
    await second;
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      'realtime gpt-realtime [INTERNAL] (cancelled)',
    ]);
  });
});
