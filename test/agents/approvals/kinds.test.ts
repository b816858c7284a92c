/**
 * Approvals of tools of every kind give the same records: the questions, the answers, and for each call that was refused
 * a tool call that ended as refused.
 *
 * The situations are those of langfuse/langfuse#14676, openai-agents-js#972, #975 and #1418, DataDog/dd-trace-py#15057
 * and openai-agents-python#2230.
 */
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withApprover } from '../../../src/index.js';
import { type Harness, startHarness } from '../../harness/telemetry.js';
import {
  computer,
  functionCall,
  KINDS,
  type Kind,
  type ScriptedServer,
  startScriptedServer,
  text,
  uninstrumented,
} from './kinds.js';

let harness: Harness;
let server: ScriptedServer;
beforeAll(async () => {
  harness = await startHarness();
  server = await startScriptedServer();
});
afterEach(() => harness.reset());
afterAll(async () => {
  server.close();
  await harness.stop();
});

const agentWith = (...tools: agents.Tool[]) => new agents.Agent({ name: 'A', model: 'm', tools });

/** The events of approvals, tools and hosted MCP calls: type, outcome or status, and the id of the call. */
async function lines(): Promise<string[]> {
  return (await harness.events()).flatMap(
    ({ type, status, policy, metadata, tool_call, tool_response, mcp_call }) => {
      const name = type.slice('EVENT_TYPE_'.length);
      const state = status.slice('EVENT_STATUS_'.length).toLowerCase();
      if (policy) return [`${policy.outcome} ${metadata?.tool_call_id}`];
      if (tool_call) return [`${name} ${tool_call.id}`];
      if (tool_response) return [`${name} ${state} ${tool_response.tool_call_id}`];
      return mcp_call && name === 'MCP_CALL_START' ? [`${name} ${metadata?.approval_request_id}`] : [];
    },
  );
}

const toolSpans = () =>
  harness
    .spans()
    .filter(({ name }) => name.startsWith('execute_tool'))
    .map(({ attributes }) => `${attributes['gen_ai.tool.call.id']} ${attributes['error.type'] ?? 'ok'}`);

/** The events of a call that was approved: the provider's own calls are none of this process. */
const done = ({ made }: Kind, id: string) =>
  made ? [`MCP_CALL_START ${id}`] : [`TOOL_CALL_START ${id}`, `TOOL_CALL_END completed ${id}`];
const refused = (id: string) => [`TOOL_CALL_START ${id}`, `TOOL_CALL_END failed ${id}`];

describe.each(KINDS.map((kind) => [kind.name, kind] as const))('A tool of the kind %s', (_, kind) => {
  const made = (id: string) => (kind.made ? [kind.made(id)] : []);

  it('has its approval and its call', async () => {
    server.script([kind.ask('c-1')], [...made('c-1'), text('done')]);
    const agent = agentWith(kind.tool());
    const asked = await agents.run(agent, 'go');
    expect(asked.interruptions).toHaveLength(1);
    for (const item of asked.interruptions) asked.state.approve(item);
    expect((await agents.run(agent, asked.state)).finalOutput).toBe('done');
    expect(await lines()).toEqual(['review c-1', 'allow c-1', ...done(kind, 'c-1')]);
  });

  it('has its rejection and a call that was refused', async () => {
    server.script([kind.ask('c-1')], [text('done')]);
    const agent = agentWith(kind.tool());
    const asked = await agents.run(agent, 'go');
    for (const item of asked.interruptions) asked.state.reject(item, { message: 'not today' });
    await agents.run(agent, asked.state);
    expect(await lines()).toEqual(['review c-1', 'deny c-1', ...refused('c-1')]);
    expect(toolSpans()).toEqual(['c-1 approval_rejected']);
    const events = await harness.events();
    const [end] = events.filter(({ tool_response }) => tool_response);
    expect(end?.agent_name).toBe('A');
    const agentEnds = harness.spans().filter(({ name }) => name === 'invoke_agent A');
    expect(agentEnds.map(({ status }) => status.code)).toEqual([0, 0]);
  });

  it.each([['approved', { alwaysApprove: true }] as const, ['rejected', { alwaysReject: true }] as const])(
    'has a decision for each call if all were %s in advance',
    async (answer, options) => {
      server.script([kind.ask('c-1')], [...made('c-1'), kind.ask('c-2')], [...made('c-2'), text('done')]);
      if (answer === 'rejected') server.script([kind.ask('c-1')], [kind.ask('c-2')], [text('done')]);
      const agent = agentWith(kind.tool());
      const asked = await agents.run(agent, 'go');
      for (const item of asked.interruptions) {
        if (answer === 'approved') asked.state.approve(item, options);
        else asked.state.reject(item, options);
      }
      expect((await agents.run(agent, asked.state)).finalOutput).toBe('done');
      const outcome = answer === 'approved' ? 'allow' : 'deny';
      const ended = (id: string) => (answer === 'approved' ? done(kind, id) : refused(id));
      expect(await lines()).toEqual([
        'review c-1',
        `${outcome} c-1`,
        ...ended('c-1'),
        `${outcome} c-2`,
        ...ended('c-2'),
      ]);
      const standing = (await harness.events()).filter(({ policy }) => policy?.rule_ids !== undefined);
      expect(standing.map(({ metadata }) => metadata?.tool_call_id)).toEqual(['c-2']);
    },
  );

  it('has siblings that are decided on one after the other, each once', async () => {
    server.script([kind.ask('c-1'), kind.ask('c-2')], [...made('c-2'), text('done')]);
    const agent = agentWith(kind.tool());
    const first = await agents.run(agent, 'go');
    const byId = (result: typeof first, id: string) =>
      result.interruptions.filter(({ rawItem }) =>
        [rawItem.id, 'callId' in rawItem && rawItem.callId].includes(id),
      );
    for (const item of byId(first, 'c-1')) first.state.reject(item);
    const second = await agents.run(agent, first.state);
    for (const item of byId(second, 'c-2')) second.state.approve(item);
    expect((await agents.run(agent, second.state)).finalOutput).toBe('done');
    const recorded = await lines();
    expect([...recorded].sort()).toEqual(
      ['review c-1', 'review c-2', 'deny c-1', 'allow c-2', ...refused('c-1'), ...done(kind, 'c-2')].sort(),
    );
    // Each run links to the one that it continues.
    const workflows = harness.spans().filter(({ name }) => name === 'invoke_workflow A');
    const links = workflows.map((span) => span.links.map(({ context }) => context.spanId));
    expect(links).toEqual([[], ...workflows.slice(0, -1).map((span) => [span.spanContext().spanId])]);
  });

  it('has a decision that was made elsewhere, and the call', async () => {
    server.script([kind.ask('c-1')], [text('done')]);
    const agent = agentWith(kind.tool());
    const asked = await agents.run(agent, 'go');
    const stored = await uninstrumented(harness, async () => {
      const state = await agents.RunState.fromString(agent, asked.state.toString());
      for (const item of state.getInterruptions()) state.reject(item);
      return state.toString();
    });
    await agents.run(agent, await agents.RunState.fromString(agent, stored));
    expect(await lines()).toEqual(['review c-1', 'deny c-1', ...refused('c-1')]);
    const [, denied] = (await harness.events()).filter(({ policy }) => policy);
    expect(denied?.metadata).toMatchObject({ made_elsewhere: true });
  });
});

describe('A callback that answers in place of a person', () => {
  const shell = { run: async () => ({ output: [] }) };
  const ALICE = { id: 'alice' };

  it('leaves a refused call that is like any other', async () => {
    const [, , shellKind] = KINDS;
    server.script([shellKind?.ask('c-1') ?? {}], [text('done')]);
    const tool = agents.shellTool({
      shell,
      needsApproval: true,
      onApproval: async () => ({ approve: false, reason: 'no' }),
    });
    await agents.run(agentWith(tool), 'go');
    expect(await lines()).toEqual(['review c-1', 'deny c-1', ...refused('c-1')]);
  });

  it('is a person if the run was started for one', async () => {
    const [, , shellKind] = KINDS;
    server.script([shellKind?.ask('c-1') ?? {}], [text('done')]);
    const tool = agents.shellTool({
      shell,
      needsApproval: true,
      onApproval: async () => ({ approve: true }),
    });
    await withApprover(ALICE, () => agents.run(agentWith(tool), 'go'));
    const decisions = (await harness.events()).filter(({ policy }) => policy);
    expect(decisions.map(({ author, policy }) => `${policy?.outcome} ${author}`)).toEqual([
      'review AUTHOR_SYSTEM',
      'allow AUTHOR_USER',
    ]);
  });

  it('decides on each request of a hosted server, and the call names the one that it followed', async () => {
    const kind = KINDS.at(-1);
    if (kind?.made === undefined) throw new Error('no hosted kind');
    server.script([kind.ask('r-1'), kind.ask('r-2')], [kind.made('r-2'), text('done')]);
    const tool = agents.hostedMcpTool({
      serverLabel: 'crm',
      serverUrl: 'https://crm.example/mcp',
      requireApproval: 'always',
      onApproval: async (_context, item) => ({ approve: item.rawItem.id === 'r-2' }),
    });
    await agents.run(agentWith(tool), 'go');
    expect(await lines()).toEqual([
      'review r-1',
      'deny r-1',
      ...refused('r-1'),
      'review r-2',
      'allow r-2',
      'MCP_CALL_START r-2',
    ]);
    const call = harness.spans().find(({ name }) => name === 'tools/call delete');
    expect(call?.attributes['openai_agents.mcp.approval_request.id']).toBe('r-2');
    const denied = (await harness.events()).find(({ policy }) => policy?.outcome === 'deny');
    expect(denied?.metadata).toMatchObject({
      approval_request_id: 'r-1',
      mcp_server: 'crm',
      agent_name: 'A',
    });
  });
});

describe("A provider's safety checks of a computer's action", () => {
  const checks = (id: string, ...codes: readonly string[]) =>
    codes.map((code) => ({ id: `${id}-${code}`, code, message: `risky ${code}` }));
  const click = (id: string, ...codes: readonly string[]) => ({
    type: 'computer_call',
    id: `item-${id}`,
    call_id: id,
    status: 'completed',
    action: { type: 'click', x: 1, y: 2, button: 'left' },
    pending_safety_checks: checks(id, ...codes),
  });
  type Answer = boolean | undefined | { acknowledgedSafetyChecks: agents.ComputerSafetyCheck[] };

  async function play(
    answer: ((pending: agents.ComputerSafetyCheck[]) => Answer) | undefined,
    ...codes: readonly string[]
  ) {
    server.script([click('c-1', ...codes)], [text('done')]);
    const tool = agents.computerTool({
      computer,
      ...(answer && { onSafetyCheck: async ({ pendingSafetyChecks }) => answer(pendingSafetyChecks) }),
    });
    await withApprover({ id: 'alice' }, () => agents.run(agentWith(tool), 'go'));
    return (await harness.events()).filter(({ policy }) => policy);
  }

  const MALICIOUS = 'malicious_instructions';
  const DOMAIN = 'irrelevant_domain';
  const table: readonly [
    string,
    (pending: agents.ComputerSafetyCheck[]) => Answer,
    readonly string[],
    object,
  ][] = [
    ['acknowledged with true', () => true, [MALICIOUS], { outcome: 'allow', rule_ids: [MALICIOUS] }],
    [
      'acknowledged one by one',
      (pending) => ({ acknowledgedSafetyChecks: pending }),
      [MALICIOUS, DOMAIN],
      { outcome: 'allow', rule_ids: [MALICIOUS, DOMAIN] },
    ],
    [
      'acknowledged in part',
      (pending) => ({ acknowledgedSafetyChecks: pending.slice(0, 1) }),
      [MALICIOUS, DOMAIN],
      { outcome: 'allow', rule_ids: [MALICIOUS] },
    ],
    ['refused', () => false, [DOMAIN], { outcome: 'deny', rule_ids: [DOMAIN] }],
  ];

  it.each(table)('are decided on: %s', async (_what, answer, codes, policy) => {
    const decisions = await play(answer, ...codes);
    expect(decisions.map((event) => event.policy)).toMatchObject([
      { policy_id: 'computer_safety_check', ...policy },
    ]);
    const [decision] = decisions;
    expect(decision).toMatchObject({ author: 'AUTHOR_USER', agent_name: 'A' });
    expect(decision?.metadata).toMatchObject({
      tool_call_id: 'c-1',
      approver: { id: 'alice' },
      safety_checks: checks('c-1', ...codes),
    });
    const isRefused = 'outcome' in policy && policy.outcome === 'deny';
    expect(toolSpans()).toEqual([isRefused ? 'c-1 approval_rejected' : 'c-1 ok']);
    const [end] = (await harness.events()).filter(({ tool_response }) => tool_response);
    expect(end?.status).toBe(isRefused ? 'EVENT_STATUS_FAILED' : 'EVENT_STATUS_COMPLETED');
    if (isRefused) expect(end?.tool_response).not.toHaveProperty('output');
  });

  it.each([
    ['no callback', undefined, [MALICIOUS]],
    ['a callback without an answer', (): undefined => undefined, [MALICIOUS]],
    ['no checks', (): boolean => true, []],
  ] as const)('are decided by nobody: %s', async (_what, answer, codes) => {
    expect(await play(answer, ...codes)).toEqual([]);
    expect(toolSpans()).toEqual(['c-1 ok']);
  });

  it('are content, as far as their texts go', async () => {
    server.script([click('c-1', DOMAIN)], [text('done')]);
    const tool = agents.computerTool({ computer, onSafetyCheck: async () => false });
    await new agents.Runner({ traceIncludeSensitiveData: false }).run(agentWith(tool), 'go');
    const [decision] = (await harness.events()).filter(({ policy }) => policy);
    expect(decision?.policy?.rule_ids).toEqual([DOMAIN]);
    expect(JSON.stringify(await harness.events())).not.toContain('risky');
  });
});

describe('A tool that runs an agent which waits for a person', () => {
  it('is paused, and completed once', async () => {
    const [pay] = KINDS;
    const inner = new agents.Agent({ name: 'Inner', model: 'inner', tools: pay ? [pay.tool()] : [] });
    const outer = agentWith(inner.asTool({ toolName: 'ask', toolDescription: 'asks' }));
    server.script(
      [functionCall('o-1', 'ask', { input: 'q' })],
      [functionCall('i-1', 'pay', { eur: 5 })],
      [text('inner done')],
      [text('done')],
    );
    const asked = await agents.run(outer, 'go');
    for (const item of asked.interruptions) asked.state.approve(item);
    expect((await agents.run(outer, asked.state)).finalOutput).toBe('done');
    expect(await lines()).toEqual([
      'TOOL_CALL_START o-1',
      'review i-1',
      'TOOL_CALL_END in_progress o-1',
      'allow i-1',
      'TOOL_CALL_START o-1',
      'TOOL_CALL_START i-1',
      'TOOL_CALL_END completed i-1',
      'TOOL_CALL_END completed o-1',
    ]);
    const outcomes = harness
      .spans()
      .filter(({ name }) => name === 'execute_tool ask')
      .map(({ attributes }) => attributes['openai_agents.outcome']);
    expect(outcomes).toEqual(['paused', undefined]);
  });
});
