import * as realtime from '@openai/agents/realtime';
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type RealtimeHarness, type Session, startRealtimeHarness } from './realtime-harness.js';

let h: RealtimeHarness;
beforeAll(async () => {
  h = await startRealtimeHarness();
});
afterEach(() => h.checkAndReset());
afterAll(() => h.stop());

const policiesOf = async () =>
  (await h.harness.events()).flatMap(({ policy, metadata }) =>
    policy === undefined ? [] : [{ policy, metadata }],
  );

describe('An output guardrail that trips', () => {
  let heard: Promise<unknown> = Promise.resolve();
  const guarded = () =>
    h.connect(new realtime.RealtimeAgent({ name: 'greeter', instructions: 'Greet.' }), {
      outputGuardrails: [
        {
          name: 'no_prices',
          policyHint: 'Do not name prices.',
          execute: async ({ agentOutput }) => {
            await heard;
            return { tripwireTriggered: agentOutput.includes('dollars'), outputInfo: { found: 'dollars' } };
          },
        },
      ],
      outputGuardrailSettings: { debounceTextLength: 10 },
    });

  it('is a decision within the exchange, which is interrupted', async () => {
    const session = await guarded();
    heard = new Promise((resolve) => session.once('audio', resolve));
    h.server.replies = [
      { speech: 'It costs ten dollars.', unfinished: true },
      { speech: 'I cannot tell you that.' },
    ];
    session.sendMessage('What does it cost?');
    await h.ended('invoke_agent greeter', 2);
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL] (cancelled)',
      '    chat gpt-realtime [CLIENT] (cancelled)',
      '    guardrail no_prices [INTERNAL]',
      '  conversation_items truncate [CLIENT]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
    expect(h.attributesOf('guardrail no_prices')).toEqual([
      {
        'openai_agents.span.type': 'guardrail',
        'openai_agents.guardrail.name': 'no_prices',
        'openai_agents.guardrail.triggered': true,
        'gen_ai.agent.name': 'greeter',
        'gen_ai.response.id': `resp_${h.peer.number}_1`,
        'gen_ai.conversation.id': `conv_${h.peer.number}`,
      },
    ]);
    const [decision] = await policiesOf();
    expect(decision?.policy).toEqual({
      policy_id: 'no_prices',
      outcome: 'deny',
      rationale: 'guardrail tripwire triggered',
    });
    expect((await h.eventLines()).slice(3, 13)).toEqual([
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    POLICY_DECISION deny',
      '    MODEL_INVOCATION_END (cancelled)',
      '  AGENT_END greeter (cancelled)',
      '  STATE_UPDATE',
      '  AGENT_START greeter',
      // The SDK's message to the model, in the name of the user.
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
    ]);
  });

  it('is beneath the agent that gave the answer, also after the answer was complete', async () => {
    const session = await guarded();
    h.server.replies = [{ text: '9 dollars' }, { text: 'Well.' }];
    session.sendMessage('What does it cost?');
    await h.ended('invoke_agent greeter', 2);
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    guardrail no_prices [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
    expect((await policiesOf()).map(({ policy }) => policy.outcome)).toEqual(['deny']);
  });
});

describe('A tool that needs approval', () => {
  const seen: (string | undefined)[] = [];
  const refunder = () =>
    new realtime.RealtimeAgent({
      name: 'refunder',
      tools: [
        realtime.tool({
          name: 'refund',
          description: 'Gives money back',
          parameters: z.object({ amount: z.number() }),
          needsApproval: true,
          execute: async ({ amount }) => {
            seen.push((trace.getActiveSpan() as { name?: string } | undefined)?.name);
            return `refunded ${amount}`;
          },
        }),
      ],
    });
  const call = { name: 'refund', callId: 'call_1', arguments: '{"amount":5}' };

  /** The session has asked; the exchange only waits for the decision. */
  async function asked(): Promise<{ session: Session; item: Parameters<Session['approve']>[0] }> {
    const session = await h.connect(refunder());
    const request = new Promise<Parameters<Session['approve']>[0]>((resolve) => {
      session.once('tool_approval_requested', (_context, _agent, { approvalItem }) => resolve(approvalItem));
    });
    await h.ask(session, 'My money back!', { calls: [call] });
    return { session, item: await request };
  }

  it('waits in its exchange, and runs there after its approval', async () => {
    const { session, item } = await asked();
    h.server.replies = [{ speech: 'Done.' }];
    await trace.getTracer('application').startActiveSpan('decide', async (span) => {
      await session.approve(item);
      span.end();
    });
    await h.ended('invoke_agent refunder');
    session.close();
    expect(seen.splice(0)).toEqual(['execute_tool refund']);
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent refunder [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool refund [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      'decide [INTERNAL]',
    ]);
    const metadata = {
      tool_name: 'refund',
      tool_call_id: 'call_1',
      agent_name: 'refunder',
      arguments: { amount: 5 },
    };
    // In the same words as the decisions of a run.
    expect(await policiesOf()).toMatchObject([
      { policy: { policy_id: 'tool_approval', outcome: 'review' }, metadata },
      { policy: { policy_id: 'tool_approval', outcome: 'allow' }, metadata: { ...metadata, always: false } },
    ]);
    expect((await h.eventLines()).slice(-9)).toEqual([
      '  POLICY_DECISION review',
      '  POLICY_DECISION allow',
      '    TOOL_CALL_START refund',
      '    TOOL_CALL_END',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  OUTPUT_EMITTED',
      '  AGENT_END refunder',
      'SESSION_END',
    ]);
  });

  it('is a failed call that does not run if it is rejected', async () => {
    const { session, item } = await asked();
    h.server.replies = [{ speech: 'I may not.' }];
    await session.reject(item, { message: 'Not today.' });
    await h.ended('invoke_agent refunder');
    session.close();
    expect(seen).toEqual([]);
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent refunder [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool refund [INTERNAL] ✗ _OTHER',
      '    chat gpt-realtime [CLIENT]',
    ]);
    const [, denied] = await policiesOf();
    expect(denied).toMatchObject({
      policy: { outcome: 'deny' },
      metadata: { message: 'Not today.' },
    });
  });

  it('is decided only once', async () => {
    const { session, item } = await asked();
    h.server.replies = [{ speech: 'Done.' }];
    await Promise.all([session.approve(item), session.approve(item)]);
    await session.reject(item);
    await h.ended('invoke_agent refunder');
    session.close();
    expect(seen.splice(0)).toEqual(['execute_tool refund']);
    expect((await policiesOf()).map(({ policy }) => policy.outcome)).toEqual(['review', 'allow']);
  });

  it('can stay undecided', async () => {
    const { session } = await asked();
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent refunder [INTERNAL] (cancelled)',
      '    chat gpt-realtime [CLIENT]',
    ]);
    expect(h.attributesOf('realtime gpt-realtime')).toMatchObject([
      { 'openai_agents.realtime.due': 'approval' },
    ]);
  });
});

describe('A hosted MCP tool', () => {
  const item = {
    id: 'mcp_1',
    type: 'mcp_call',
    name: 'lookup',
    server_label: 'orders',
    arguments: '',
    output: null,
    error: null,
  };
  const done = (more: object) => ({
    type: 'conversation.item.done',
    previous_item_id: null,
    item: { ...item, arguments: '{"order":7}', ...more },
  });
  const agent = () =>
    new realtime.RealtimeAgent({ name: 'clerk', instructions: 'Look orders up.', tools: [] });

  /** The model calls the tool in a response that is over before the tool is. */
  async function called(options = {}): Promise<Session> {
    const session = await h.connect(agent(), options);
    h.peer.respond({ unfinished: true });
    h.peer.send({ type: 'response.output_item.added', response_id: 'resp_1', output_index: 0, item });
    h.peer.send({
      type: 'response.mcp_call_arguments.done',
      response_id: 'resp_1',
      item_id: 'mcp_1',
      output_index: 0,
      arguments: '{"order":7}',
    });
    h.peer.finish();
    await h.ended('chat gpt-realtime');
    return session;
  }

  it('is a call within the exchange, which continues with its result', async () => {
    const session = await called();
    h.server.replies = [{ speech: 'It is on its way.' }];
    h.peer.send(done({ output: '{"state":"sent"}' }));
    await h.ended('invoke_agent clerk');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent clerk [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    tools/call lookup [CLIENT]',
      '    chat gpt-realtime [CLIENT]',
    ]);
    expect(h.attributesOf('tools/call lookup')).toEqual([
      {
        'mcp.method.name': 'tools/call',
        'openai_agents.span.type': 'server_tool_call',
        'gen_ai.tool.name': 'lookup',
        'openai_agents.mcp.server.name': 'orders',
        'openai_agents.mcp.server.label': 'orders',
        'openai_agents.hosted': true,
        'gen_ai.conversation.id': `conv_${h.peer.number}`,
      },
    ]);
    const events = await h.harness.events();
    expect((await h.eventLines()).slice(3, 9)).toEqual([
      '    MODEL_INVOCATION_START',
      '    MCP_CALL_START tools/call',
      '    MODEL_INVOCATION_END',
      '    MCP_CALL_END tools/call',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
    ]);
    expect(events.flatMap((event) => event.mcp_call ?? [])).toEqual([
      {
        server_name: 'orders',
        operation: 'tools/call',
        method: 'tools/call',
        request: { name: 'lookup', arguments: { order: 7 } },
      },
      {
        server_name: 'orders',
        operation: 'tools/call',
        method: 'tools/call',
        response: { state: 'sent' },
        execution_time_ms: expect.any(Number),
      },
    ]);
  });

  it('fails with the error of its server', async () => {
    const session = await called({ automaticallyTriggerResponseForMcpToolCalls: false });
    h.peer.send(done({ error: { type: 'http_error', code: 503, message: 'Not now' } }));
    await h.ended('invoke_agent clerk');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent clerk [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    tools/call lookup [CLIENT] ✗ http_error',
    ]);
  });

  it('is cancelled if the session ends first', async () => {
    const session = await called();
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent clerk [INTERNAL] (cancelled)',
      '    chat gpt-realtime [CLIENT]',
      '    tools/call lookup [CLIENT] (cancelled)',
    ]);
  });

  it.each([
    ['approve', 'allow', true],
    ['reject', 'deny', false],
  ] as const)('that has to be approved is decided on, too: %s', async (answer, outcome, approved) => {
    const session = await h.connect(agent());
    const decided = new Promise((resolve) => {
      session.once('tool_approval_requested', (_context, _agent, { approvalItem }) => {
        resolve(session[answer](approvalItem));
      });
    });
    h.peer.send({
      type: 'conversation.item.done',
      previous_item_id: null,
      item: {
        id: 'mcpr_1',
        type: 'mcp_approval_request',
        name: 'lookup',
        server_label: 'orders',
        arguments: '{"order":7}',
      },
    });
    await decided;
    await h.received('conversation.item.create');
    session.close();
    expect((await policiesOf()).map(({ policy, metadata }) => [policy.outcome, metadata?.tool_name])).toEqual(
      [
        ['review', 'lookup'],
        [outcome, 'lookup'],
      ],
    );
    expect(h.peer.received.at(-1)).toMatchObject({ item: { approve: approved } });
  });
});
