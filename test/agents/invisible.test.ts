import * as agents from '@openai/agents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { call, model, output } from './scripted-model.js';

/** A program of the application; its result shows what the application can see. */
interface Program {
  readonly name: string;
  readonly play: () => Promise<unknown>;
}

const passes = async () => ({ outputInfo: {}, tripwireTriggered: false });
const trips = async () => ({ outputInfo: {}, tripwireTriggered: true });

async function outcomeOf(run: () => Promise<{ finalOutput?: unknown }>): Promise<unknown> {
  try {
    return (await run()).finalOutput;
  } catch (error) {
    return error instanceof Error ? `${error.constructor.name}: ${error.message}` : error;
  }
}

/** Returns a function that says whether the objects still have the members, with the same values, that they have now. */
function membersOf(objects: readonly object[]): () => boolean {
  const take = () => objects.map((object) => Object.getOwnPropertyDescriptors(object));
  const before = take();
  return () => {
    const after = take();
    return before.every((members, index) => {
      const others = after[index] ?? {};
      const keys = Reflect.ownKeys(members);
      return (
        keys.length === Reflect.ownKeys(others).length &&
        keys.every((key) => Reflect.get(members, key)?.value === Reflect.get(others, key)?.value)
      );
    });
  };
}

async function methodsStayTheApplications(): Promise<unknown> {
  class Policy {
    readonly name = 'policy';
    async execute() {
      return passes();
    }
  }
  class Store {
    readonly #items: agents.AgentInputItem[] = [];
    readonly receivers = new Set<unknown>();
    getSessionId = async () => 'own';
    async getItems() {
      this.receivers.add(this);
      return [...this.#items];
    }
    async addItems(items: agents.AgentInputItem[]) {
      this.receivers.add(this);
      this.#items.push(...items);
    }
    async popItem() {
      return this.#items.pop();
    }
    async clearSession() {
      this.#items.length = 0;
    }
  }
  const policy = new Policy();
  const session = new Store();
  const literal = {
    ...agents.defineToolInputGuardrail({
      name: 'tool guard',
      run: async () => agents.ToolGuardrailFunctionOutputFactory.allow(),
    }),
  };
  const tool = agents.tool({
    name: 't',
    description: 't',
    parameters: z.object({}),
    execute: async () => 'x',
  });
  const guarded = { ...tool, inputGuardrails: [literal] };
  const other = new agents.Agent({ name: 'other', model: model(output('done')) });
  const transfer = agents.handoff(other);
  const runner = new agents.Runner({ inputGuardrails: [policy] });
  const agent = new agents.Agent({
    name: 'main',
    model: model(call('t'), output('done'), call('t'), output('done')),
    inputGuardrails: [policy],
    outputGuardrails: [{ name: 'out', execute: passes }],
    handoffs: [transfer],
    tools: [guarded],
  });
  const options = { session };
  const { inputGuardrailDefs } = runner as unknown as { inputGuardrailDefs: object[] };
  const unchanged = membersOf([
    policy,
    Policy.prototype,
    session,
    Store.prototype,
    literal,
    guarded,
    transfer,
    options,
    ...inputGuardrailDefs,
  ]);
  const first = await outcomeOf(() => runner.run(agent, 'x', options));
  const kept = unchanged();
  const listeners = (
    runner as unknown as { eventEmitter: { eventNames(): unknown[] } }
  ).eventEmitter.eventNames();
  const receivers = [...session.receivers].map((receiver) => receiver === session);
  Policy.prototype.execute = trips;
  const second = await outcomeOf(() => new agents.Runner().run(agent, 'x'));
  return { first, second, kept, listeners, receivers };
}

/** A verdict whose getter gives another answer each time it is read. */
async function verdictsAreReadByTheSdkAlone(): Promise<unknown> {
  const readers: ((read: number) => string)[] = [
    (read) => {
      if (read > 2) throw new Error('no longer readable');
      return 'allow';
    },
    (read) => (read === 1 ? 'rejectContent' : 'allow'),
  ];
  const seen = [];
  for (const read of readers) {
    let reads = 0;
    const behavior = {
      get type() {
        reads += 1;
        return read(reads);
      },
      message: 'withheld',
    };
    const guardrail = agents.defineToolOutputGuardrail({
      name: 'g',
      run: async () => ({ behavior }) as agents.ToolGuardrailFunctionOutput,
    });
    let infoReads = 0;
    const agentGuardrail = {
      name: 'a',
      execute: async () => ({
        tripwireTriggered: false,
        get outputInfo() {
          infoReads += 1;
          return infoReads;
        },
      }),
    };
    const shown: unknown[] = [];
    const answers = model(call('t'), output('done'));
    const agent = new agents.Agent({
      name: 'a',
      model: {
        ...answers,
        getResponse: (request) => {
          shown.push(JSON.stringify(request.input));
          return answers.getResponse(request);
        },
      },
      inputGuardrails: [agentGuardrail],
      tools: [
        agents.tool({
          name: 't',
          description: 't',
          parameters: z.object({}),
          execute: async () => 'SECRET',
          outputGuardrails: [guardrail],
        }),
      ],
    });
    seen.push([await outcomeOf(() => agents.run(agent, 'x')), reads, infoReads, shown]);
  }
  return seen;
}

async function processorsAreNotifiedAtOnce(): Promise<unknown> {
  const seen: unknown[] = [];
  const note = (event: string) => async (value: agents.Span<agents.SpanData> | agents.Trace) => {
    const state = 'spanData' in value ? [value.spanData.type, value.endedAt === null] : [];
    seen.push([event, ...state, agents.getCurrentSpan()?.spanData.type]);
  };
  const processor = {
    onTraceStart: note('trace start'),
    onTraceEnd: note('trace end'),
    onSpanStart: note('span start'),
    onSpanEnd: note('span end'),
    shutdown: async () => {},
    forceFlush: async () => {},
  };
  agents.setTraceProcessors([processor as agents.TracingProcessor, processor as agents.TracingProcessor]);
  const runner = new agents.Runner({ tracingDisabled: false });
  const agent = new agents.Agent({
    name: 'a',
    model: model(output('done')),
    inputGuardrails: [{ name: 'g', execute: passes }],
  });
  const result = await runner.run(agent, 'x', { stream: true });
  for await (const _event of result);
  await result.completed;
  seen.push('stream completed');
  await agents.withTrace('t', async () => {
    const span = agents.createCustomSpan({ data: { name: 'short' } });
    span.start();
    span.end();
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  agents.setTraceProcessors([]);
  return seen;
}

async function listenersAreTheApplications(): Promise<unknown> {
  const runner = new agents.Runner();
  const seen: unknown[] = [];
  runner.on('agent_tool_start', () => seen.push('start'));
  runner.on('agent_end', () => {
    throw new RangeError('my listener broke');
  });
  const tool = agents.tool({
    name: 't',
    description: 't',
    parameters: z.object({}),
    execute: async () => 'x',
  });
  const agent = new agents.Agent({ name: 'a', model: model(call('t'), output('done')), tools: [tool] });
  seen.push(await outcomeOf(() => runner.run(agent, 'x')));
  return seen;
}

async function approvalsAreAskedOnce(): Promise<unknown> {
  const asked: unknown[] = [];
  const shell = agents.shellTool({
    shell: { run: async () => ({ output: [] }) },
    needsApproval: true,
    onApproval: async (_context, item) => {
      asked.push(item.name);
      return { approve: false, reason: 'no' };
    },
  });
  const unchanged = membersOf([shell]);
  const action = { type: 'shell_call', callId: 'c', status: 'completed', action: { commands: ['ls'] } };
  const agent = new agents.Agent({
    name: 'a',
    model: model(action as never, output('done')),
    tools: [shell],
  });
  const outcome = await outcomeOf(() => agents.run(agent, 'x'));
  return [outcome, asked, unchanged()];
}

/** The text of the state differs: it has the member `openai_agents.traceparent`. */
async function statesAreTheApplications(): Promise<unknown> {
  let reads = 0;
  const traceMetadata = {
    get tenant() {
      reads += 1;
      return `read ${reads}`;
    },
  };
  const unchanged = membersOf([traceMetadata]);
  const tool = agents.tool({
    name: 't',
    description: 't',
    parameters: z.object({}),
    needsApproval: true,
    execute: async () => 'x',
  });
  const agent = new agents.Agent({ name: 'a', model: model(call('t'), output('done')), tools: [tool] });
  const asked = await new agents.Runner({ tracingDisabled: false, traceMetadata }).run(agent, 'x');
  const kept = asked.state._trace?.metadata === traceMetadata;
  const json = asked.state.toJSON() as { trace: { metadata: object } };
  const state = await agents.RunState.fromString<undefined, typeof agent>(agent, asked.state.toString());
  for (const item of state.getInterruptions()) state.approve(item);
  const outcome = await outcomeOf(() => agents.run(agent, state));
  const { metadata } = state._trace ?? {};
  return [outcome, reads, kept, unchanged(), Object.keys(json), Object.keys(json.trace), metadata];
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'keeps its own methods, and a method that it changes later is called',
    play: methodsStayTheApplications,
  },
  { name: 'has its verdicts read by the SDK alone', play: verdictsAreReadByTheSdkAlone },
  {
    name: 'has its trace processors notified as early, in the same state',
    play: processorsAreNotifiedAtOnce,
  },
  {
    name: 'has its listeners called, and what they throw goes where it went',
    play: listenersAreTheApplications,
  },
  { name: 'is asked for an approval once', play: approvalsAreAskedOnce },
  { name: 'keeps the metadata of a state that it writes and reads', play: statesAreTheApplications },
];

/** Turns of the microtask queue until a run continues the application. */
async function turnsOfRun(): Promise<number> {
  const agent = new agents.Agent({ name: 'a', model: model(output('done')) });
  const runner = new agents.Runner();
  let turns = 0;
  let over = false;
  const finished = runner.run(agent, 'x').then(() => {
    over = true;
  });
  while (!over && turns < 10_000) {
    turns += 1;
    await undefined;
  }
  await finished;
  return turns;
}

let harness: Harness;
const bare = new Map<string, unknown>();
let bareTurns = 0;
beforeAll(async () => {
  agents.setTraceProcessors([]);
  agents.setTracingDisabled(false);
  for (const { name, play } of PROGRAMS) bare.set(name, await play());
  await turnsOfRun();
  bareTurns = await turnsOfRun();
  harness = await startHarness();
});
afterAll(() => harness.stop());

describe('An application with the instrumentation', () => {
  it.each(PROGRAMS)('$name', async ({ name, play }) => {
    expect(await play()).toEqual(bare.get(name));
    // The session of a conversation stays open for its next run.
    const violations = streamViolations(await harness.events()).filter(
      (text) => !text.endsWith('(missing_end)'),
    );
    expect(violations).toEqual([]);
    await expect.poll(() => harness.openSpanCount()).toBe(0);
  });

  it('continues after a run at most one microtask later', async () => {
    await turnsOfRun();
    const turns = await turnsOfRun();
    expect(bareTurns).toBeGreaterThan(10);
    expect(turns - bareTurns).toBeGreaterThanOrEqual(0);
    expect(turns - bareTurns).toBeLessThanOrEqual(1);
  });
});

describe('A span that the SDK never ends', () => {
  it('is ended as cancelled, with the reason, when its trace has ended', async () => {
    await harness.reset();
    await agents.withTrace('forgetful', async () => {
      agents.createCustomSpan({ data: { name: 'forgotten' } }).start();
    });
    await expect.poll(() => harness.openSpanCount()).toBe(0);
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow forgetful [INTERNAL]',
      '  forgotten [INTERNAL] (cancelled)',
    ]);
    const [forgotten] = harness.spans().filter(({ name }) => name === 'forgotten');
    expect(forgotten?.attributes).toMatchObject({
      'openai_agents.outcome': 'cancelled',
      'openai_agents.cancellation.reason': 'its trace ended before it',
    });
  });

  it('is ended as cancelled when the instrumentation is disabled, and further runs are not recorded', async () => {
    await harness.reset();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const tool = agents.tool({
      name: 't',
      description: 't',
      parameters: z.object({}),
      execute: () => held.then(() => 'x'),
    });
    const agent = new agents.Agent({ name: 'a', model: model(call('t'), output('done')), tools: [tool] });
    const run = agents.run(agent, 'x');
    await expect.poll(() => harness.openSpanCount()).toBe(3);
    harness.instrumentation.disable();
    release();
    expect((await run).finalOutput).toBe('done');
    expect(harness.openSpanCount()).toBe(0);
    for (const { name, play } of PROGRAMS) expect(await play()).toEqual(bare.get(name));
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow a [INTERNAL]',
      '  invoke_agent a [INTERNAL] (cancelled)',
      '    chat [CLIENT]',
      '    execute_tool t [INTERNAL] (cancelled)',
    ]);
  });
});
