/**
 * Decisions on tool calls of a run that waits: each is recorded when it is made, with the person and the request, and
 * once, also if no run follows.
 *
 * The situations are those of openai-agents-python#636 and #2230, openai-agents-js#680, JudgmentLabs/judgeval#401 and
 * agentic-community/community#19.
 */
import * as agents from '@openai/agents';
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { withApprover, withSession } from '../../../src/index.js';
import { type Harness, startHarness } from '../../harness/telemetry.js';
import { call, model, output } from '../scripted-model.js';
import { uninstrumented } from './kinds.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

const ran: string[] = [];

function careful(...answers: readonly (ReturnType<typeof call> | ReturnType<typeof output>)[]) {
  const guarded = (name: string) =>
    agents.tool({
      name,
      description: name,
      parameters: z.object({ eur: z.number() }),
      needsApproval: true,
      execute: () => {
        ran.push(name);
        return 'ok';
      },
    });
  const script = answers.length > 0 ? answers : [pay('p-1'), output('done')];
  return new agents.Agent({
    name: 'careful',
    model: model(...script),
    tools: ['pay', 'drop_table'].map(guarded),
  });
}

const pay = (callId: string) => ({ ...call('pay', '{"eur":5}'), callId });
const drop = (callId: string) => ({ ...call('drop_table', '{"eur":0}'), callId });

type Careful = ReturnType<typeof careful>;
type State = agents.RunState<undefined, Careful>;

const read = (agent: Careful, text: string) => agents.RunState.fromString<undefined, Careful>(agent, text);

/** Loads a state, decides and stores it again, as the request of an approver does. */
async function inRequest(
  agent: Careful,
  text: string,
  answer: (state: State, calls: agents.RunToolApprovalItem[]) => void,
): Promise<string> {
  const state = await read(agent, text);
  answer(state, state.getInterruptions());
  return state.toString();
}

const allow = (state: State, calls: agents.RunToolApprovalItem[]) => {
  for (const item of calls) state.approve(item);
};

async function decisions() {
  return (await harness.events()).filter(({ policy }) => policy !== undefined);
}

/** Each decision after the request for it: outcome, tool, and whether it was made elsewhere. */
async function answers() {
  return (await decisions())
    .filter(({ policy }) => policy?.outcome !== 'review')
    .map(({ policy, metadata }) =>
      [policy?.outcome, metadata?.tool_call_id, metadata?.made_elsewhere ? 'elsewhere' : ''].join(' ').trim(),
    );
}

/** A model that asks for two calls at once. */
function twoCalls(): agents.Model {
  const single = model(output('done'));
  let turn = 0;
  return {
    ...single,
    getResponse: async (request) =>
      turn++ === 0
        ? { usage: new agents.Usage(), output: [pay('p-1'), drop('d-1')] }
        : single.getResponse(request),
  };
}

describe('A decision on a state that is stored', () => {
  it('is recorded when it is made, whether a run follows or not', async () => {
    ran.length = 0;
    const agent = careful();
    agent.model = twoCalls();
    let text = (await agents.run(agent, 'go')).state.toString();
    text = await inRequest(agent, text, (state, [first]) => first && state.approve(first));
    expect(await answers()).toEqual(['allow p-1']);
    text = await inRequest(agent, text, (state, calls) => {
      const last = calls.at(-1);
      if (last) state.reject(last, { message: 'no dropping' });
    });
    expect(await answers()).toEqual(['allow p-1', 'deny d-1']);
    await agents.run(agent, await read(agent, text));
    expect(ran).toEqual(['pay']);

    const abandoned = careful(pay('p-2'));
    const asked = (await agents.run(abandoned, 'again')).state.toString();
    await inRequest(abandoned, asked, (state, [only]) => only && state.reject(only));
    expect(await answers()).toEqual(['allow p-1', 'deny d-1', 'deny p-2']);
    const denied = (await decisions()).find(({ policy }) => policy?.outcome === 'deny');
    expect(denied?.metadata).toMatchObject({ message: 'no dropping', arguments: { eur: 0 } });
  });

  it('belongs to the session of the run, and names the workflow that waits', async () => {
    const agent = careful();
    const { state } = await new agents.Runner({ workflowName: 'refunds', groupId: 'chat-1' }).run(
      agent,
      'go',
    );
    await inRequest(agent, state.toString(), allow);
    const [asked, allowed] = await decisions();
    const [workflow] = harness.spans().filter(({ name }) => name === 'invoke_workflow refunds');
    expect([asked?.session_id, allowed?.session_id]).toEqual(['chat-1', 'chat-1']);
    const { traceId: trace_id, spanId: span_id } = workflow?.spanContext() ?? {};
    expect(allowed?.metadata?.waiting_run).toEqual({ trace_id, span_id });
    expect(allowed?.trace_id).toBe(trace_id);
  });

  it('is recorded once, however often the text is resumed', async () => {
    const agent = careful();
    const text = await inRequest(agent, (await agents.run(agent, 'go')).state.toString(), allow);
    for (const _again of [1, 2]) await agents.run(agent, await read(agent, text));
    expect(await answers()).toEqual(['allow p-1']);
  });

  it('is recorded once if it was given in advance for all calls', async () => {
    const agent = careful(pay('p-1'), pay('p-2'), output('done'));
    const text = await inRequest(agent, (await agents.run(agent, 'go')).state.toString(), (state, [first]) =>
      first ? state.approve(first, { alwaysApprove: true }) : undefined,
    );
    await agents.run(agent, await read(agent, text));
    // The second call is decided by the answer to the first one.
    expect(await answers()).toEqual(['allow p-1', 'allow p-2']);
  });

  it('has the newer outcome as well if it is changed', async () => {
    const agent = careful();
    let text = await inRequest(agent, (await agents.run(agent, 'go')).state.toString(), allow);
    text = await inRequest(agent, text, (state, [only]) => only && state.reject(only));
    await agents.run(agent, await read(agent, text));
    expect(await answers()).toEqual(['allow p-1', 'deny p-1']);
  });

  it('has no content if the run asked for none, also after the state was stored', async () => {
    const agent = careful();
    const runner = new agents.Runner({ traceIncludeSensitiveData: false });
    const asked = (await runner.run(agent, 'go')).state.toString();
    const stored = await inRequest(
      agent,
      asked,
      (state, [only]) => only && state.reject(only, { message: 'secret' }),
    );
    await inRequest(agent, stored, allow);
    expect(await answers()).toEqual(['deny p-1', 'allow p-1']);
    const recorded = JSON.stringify(await decisions());
    expect(recorded).not.toContain('secret');
    expect(recorded).not.toContain('arguments');
  });

  it('is recorded without a run that is known, if the SDK does not trace', async () => {
    const agent = careful();
    const asked = await new agents.Runner({ tracingDisabled: true }).run(agent, 'go');
    const state = await read(agent, asked.state.toString());
    allow(state, state.getInterruptions());
    expect(await answers()).toEqual(['allow p-1']);
    expect((await decisions()).at(-1)?.metadata).not.toHaveProperty('waiting_run');
    await new agents.Runner({ tracingDisabled: true }).run(agent, state);
    expect(await answers()).toEqual(['allow p-1']);
  });
});

describe('A decision that stands in a state and was made elsewhere', () => {
  it.each<[string, (state: State, calls: agents.RunToolApprovalItem[]) => void, string, boolean]>([
    ['approved', allow, 'allow p-1 elsewhere', false],
    [
      'rejected',
      (state, [only]) => only && state.reject(only, { message: 'no' }),
      'deny p-1 elsewhere',
      false,
    ],
    [
      'approved for all calls',
      (state, [only]) => only && state.approve(only, { alwaysApprove: true }),
      'allow p-1 elsewhere',
      true,
    ],
    [
      'rejected for all calls',
      (state, [only]) => only && state.reject(only, { alwaysReject: true, message: 'no' }),
      'deny p-1 elsewhere',
      true,
    ],
  ])('is recorded once when the run is resumed: %s', async (_, answer, expected, always) => {
    const agent = careful();
    const asked = (await agents.run(agent, 'go')).state.toString();
    const text = await uninstrumented(harness, () => inRequest(agent, asked, answer));
    for (const _again of [1, 2]) {
      await withApprover({ id: 'worker' }, async () => agents.run(agent, await read(agent, text)));
    }
    expect(await answers()).toEqual([expected]);
    const made = (await decisions()).at(-1);
    expect(made?.metadata?.always).toBe(always);
    // The one who resumes the run is not the one who decided.
    expect(made).toMatchObject({ author: 'AUTHOR_SYSTEM' });
    expect(made?.metadata).not.toHaveProperty('approver');
    if (expected.startsWith('deny')) expect(made?.metadata?.message).toBe('no');
  });

  it('leaves the calls that still wait alone', async () => {
    const agent = careful();
    agent.model = twoCalls();
    const asked = (await agents.run(agent, 'go')).state.toString();
    const text = await uninstrumented(harness, () =>
      inRequest(agent, asked, (state, [first]) => first && state.approve(first)),
    );
    const second = await agents.run(agent, await read(agent, text));
    expect(await answers()).toEqual(['allow p-1 elsewhere']);
    allow(second.state, second.interruptions);
    await agents.run(agent, second.state);
    expect(await answers()).toEqual(['allow p-1 elsewhere', 'allow d-1']);
  });
});

describe('The one who decides', () => {
  const ALICE = { id: 'u-17', name: 'Alice', role: 'finance', channel: 'web' };

  it('is a person if the application says so, and the request is linked', async () => {
    const agent = careful();
    const { state, interruptions } = await agents.run(agent, 'go');
    const request = trace
      .getTracer('app')
      .startActiveSpan('POST /approve', { attributes: { 'enduser.id': 'alice' } }, (span) => {
        withApprover(ALICE, () => allow(state, interruptions));
        span.end();
        return span.spanContext();
      });
    await agents.run(agent, state);
    const allowed = (await decisions()).find(({ policy }) => policy?.outcome === 'allow');
    expect(allowed).toMatchObject({ author: 'AUTHOR_USER', trace_id: request.traceId });
    expect(allowed?.metadata).toMatchObject({
      approver: ALICE,
      request: { trace_id: request.traceId, span_id: request.spanId, user_id: 'alice' },
    });
  });

  it('is not guessed: without a word of the application it is the system, with the request', async () => {
    const agent = careful();
    const { state, interruptions } = await agents.run(agent, 'go');
    const attributes = { 'user.id': 'u-9', 'session.id': 's-9' };
    trace.getTracer('app').startActiveSpan('POST /approve', { attributes }, (span) => {
      allow(state, interruptions);
      span.end();
    });
    const allowed = (await decisions()).at(-1);
    expect(allowed?.author).toBe('AUTHOR_SYSTEM');
    expect(allowed?.metadata?.request).toMatchObject({ user_id: 'u-9', session_id: 's-9' });
    expect(allowed?.metadata).not.toHaveProperty('approver');
  });

  it('decides in the session that the application opened', async () => {
    const agent = careful();
    const { state, interruptions } = await agents.run(agent, 'go');
    withSession({ id: 'desk' }, () => withApprover(ALICE, () => allow(state, interruptions)));
    const allowed = (await decisions()).at(-1);
    expect(allowed?.session_id).toBe('desk');
    expect(allowed?.metadata?.request).toMatchObject({ session_id: 'desk' });
    expect(allowed?.metadata).toHaveProperty('waiting_run');
  });

  it('may decide on a state within another run, whose decision it is not', async () => {
    const agent = careful();
    const { state, interruptions } = await agents.run(agent, 'go');
    const clerk = agents.tool({
      name: 'answer',
      description: 'answers',
      parameters: z.object({}),
      execute: () => {
        withApprover(ALICE, () => allow(state, interruptions));
        return 'answered';
      },
    });
    const desk = new agents.Agent({
      name: 'desk',
      model: model(call('answer'), output('done')),
      tools: [clerk],
    });
    await agents.run(desk, 'go');
    expect(await answers()).toEqual(['allow p-1']);
    const [workflow] = harness.spans().filter(({ name }) => name === 'invoke_workflow careful');
    const allowed = (await decisions()).at(-1);
    expect(allowed).toMatchObject({ author: 'AUTHOR_USER' });
    expect(allowed?.metadata?.waiting_run).toMatchObject({ span_id: workflow?.spanContext().spanId });
  });
});
