/**
 * An application's objects are read by the SDK alone: each program counts how often members of its objects run code,
 * first bare, then instrumented, with content on spans and in events.
 */
import * as agents from '@openai/agents';
import { RealtimeAgent, RealtimeSession } from '@openai/agents/realtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { call, model, output } from './scripted-model.js';

/** Counts reads by member. */
class Reads {
  readonly counts: Record<string, number> = {};

  note(member: string): void {
    this.counts[member] = (this.counts[member] ?? 0) + 1;
  }

  /** Puts a counting getter in the place of each of the object's own data members. */
  count<T extends object>(object: T, label: string): T {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      if (!('value' in descriptor) || !descriptor.configurable) continue;
      let { value } = descriptor;
      const note = () => this.note(`${label}.${name}`);
      Object.defineProperty(object, name, {
        get() {
          note();
          return value;
        },
        set(next: unknown) {
          value = next;
        },
        enumerable: descriptor.enumerable ?? true,
        configurable: true,
      });
    }
    return object;
  }

  /** A Proxy that counts each of its traps. */
  proxy<T extends object>(target: T, label: string): T {
    const traps = ['get', 'has', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf'] as const;
    const handler = Object.fromEntries(
      traps.map((trap) => [
        trap,
        (...args: unknown[]) => {
          this.note(`${label} ${trap} ${trap === 'get' ? String(args[1]) : ''}`.trim());
          return Reflect.apply(Reflect[trap] as (...args: unknown[]) => unknown, undefined, args);
        },
      ]),
    );
    return new Proxy(target, handler as ProxyHandler<T>);
  }
}

const tool = (execute: () => unknown = () => 'x') =>
  agents.tool({ name: 't', description: 'd', parameters: z.object({}), execute });
const passes = async () => ({ outputInfo: { at: 1 }, tripwireTriggered: false });
const runner = () => new agents.Runner({ workflowName: 'w', groupId: 'g', traceMetadata: { a: 'b' } });
const failure = (run: Promise<unknown>) => run.catch((error: unknown) => error);

type Program = (reads: Reads) => Promise<unknown>;

const PROGRAMS: Readonly<Record<string, Program>> = {
  async 'the members of an agent'(reads) {
    const other = new agents.Agent({ name: 'b', handoffDescription: 'other', instructions: 'i' });
    const agent = new agents.Agent({
      name: 'a',
      instructions: 'be kind',
      model: model(call('t'), output('done')),
      tools: [tool()],
      handoffs: [other],
      modelSettings: { retry: { maxRetries: 1 } },
    });
    await runner().run(reads.count(agent, 'agent'), 'hi');
    reads.count(other, 'other');
  },
  async 'an agent that the run hands off to'(reads) {
    const other = new agents.Agent({ name: 'b', model: model(output('done')) });
    const transfer = agents.handoff(other);
    const agent = new agents.Agent({
      name: 'a',
      model: model(call('transfer_to_b'), output('done')),
      handoffs: [reads.count(transfer, 'handoff')],
    });
    await runner().run(agent, 'hi');
  },
  async 'the lists of an agent'(reads) {
    const agent = new agents.Agent({
      name: 'a',
      model: model(call('t'), output('done')),
      tools: reads.proxy([tool()], 'tools'),
      handoffs: reads.proxy([], 'handoffs'),
      mcpServers: reads.proxy([], 'servers'),
    });
    await runner().run(agent, 'hi');
  },
  async 'the class of an agent'(reads) {
    class Kind extends agents.Agent {
      get kind() {
        reads.note('kind');
        return 'x';
      }
      override toJSON() {
        reads.note('toJSON');
        return super.toJSON();
      }
    }
    await runner().run(new Kind({ name: 'a', model: model(output('done')) }), 'hi');
  },
  async 'the configuration of a runner'(reads) {
    const counted = runner();
    reads.count(counted.config, 'config');
    reads.count(counted, 'runner');
    await counted.run(new agents.Agent({ name: 'a', model: model(output('done')) }), 'hi');
  },
  async 'the metadata of a trace'(reads) {
    const metadata = reads.count(
      { tenant: 'x', tags: reads.count({ toJSON: () => 'y' }, 'tags') },
      'metadata',
    );
    const counted = new agents.Runner({ traceMetadata: metadata as unknown as Record<string, string> });
    await counted.run(new agents.Agent({ name: 'a', model: model(output('done')) }), 'hi');
  },
  async 'the members of a tool'(reads) {
    const guard = agents.defineToolInputGuardrail({
      name: 'g',
      run: async () => agents.ToolGuardrailFunctionOutputFactory.allow(),
    });
    const guarded = { ...tool(), timeoutMs: 1000, inputGuardrails: [reads.count(guard, 'guard')] };
    const agent = new agents.Agent({
      name: 'a',
      model: model(call('t'), output('done')),
      tools: [reads.count(guarded, 'tool')],
    });
    await runner().run(agent, 'hi');
  },
  async 'the result of a tool'(reads) {
    const result = reads.count({ city: 'Oslo', toJSON: () => ({ city: 'Oslo' }) }, 'result');
    const agent = new agents.Agent({
      name: 'a',
      model: model(call('t'), output('done')),
      tools: [tool(() => result)],
    });
    await runner().run(agent, 'hi');
  },
  async 'a guardrail'(reads) {
    const guardrail = reads.count({ name: 'policy', execute: passes }, 'guardrail');
    const agent = new agents.Agent({ name: 'a', model: model(output('done')), inputGuardrails: [guardrail] });
    await runner().run(agent, 'hi');
  },
  async 'the items of an input'(reads) {
    const item = reads.count({ role: 'user' as const, content: 'hello' }, 'item');
    const result = { type: 'function_call_result', callId: 'c', name: 't', status: 'completed', output: 'x' };
    const input = [item, call('t'), reads.count(result, 'result')] as agents.AgentInputItem[];
    await runner().run(new agents.Agent({ name: 'a', model: model(output('done')) }), input);
  },
  async 'the identifier of a session'(reads) {
    class Store {
      readonly #items: agents.AgentInputItem[] = [];
      get sessionId() {
        reads.note('sessionId');
        return 's';
      }
      get underlyingSession() {
        reads.note('underlyingSession');
        return undefined;
      }
      async getSessionId() {
        reads.note('getSessionId');
        return 's';
      }
      async getItems() {
        reads.note('getItems');
        return [...this.#items];
      }
      async addItems(items: agents.AgentInputItem[]) {
        reads.note('addItems');
        this.#items.push(...items);
      }
      async popItem() {
        return this.#items.pop();
      }
      async clearSession() {}
    }
    const agent = new agents.Agent({ name: 'a', model: model(output('done')) });
    await runner().run(agent, 'hi', { session: new Store() });
  },
  async 'a session that is a Proxy'(reads) {
    const items: agents.AgentInputItem[] = [];
    const store = {
      getSessionId: async () => 's',
      getItems: async () => [...items],
      addItems: async (added: agents.AgentInputItem[]) => void items.push(...added),
      popItem: async () => items.pop(),
      clearSession: async () => {},
    };
    const agent = new agents.Agent({ name: 'a', model: model(output('done')) });
    await runner().run(agent, 'hi', { session: reads.proxy(store, 'store') });
  },
  async 'the error of a model'(reads) {
    class Late extends Error {
      override get message() {
        reads.note('message');
        return 'late';
      }
      override get name() {
        reads.note('name');
        return 'Late';
      }
      get code() {
        reads.note('code');
        return 'E';
      }
    }
    const broken = { getResponse: () => Promise.reject(new Late()) } as unknown as agents.Model;
    await failure(runner().run(new agents.Agent({ name: 'a', model: broken }), 'hi'));
  },
  async "a context of the run's own class"(reads) {
    class Own extends agents.RunContext<unknown> {
      override toJSON() {
        reads.note('toJSON');
        return super.toJSON();
      }
    }
    const own = reads.count(new Own({}), 'context');
    const guarded = { ...tool(), needsApproval: async () => true };
    const agent = new agents.Agent({
      name: 'a',
      model: model(call('t'), call('t'), output('done')),
      tools: [guarded],
    });
    const first = await runner().run(agent, 'hi', { context: own as unknown as agents.RunContext });
    const [question] = first.interruptions;
    if (question === undefined) throw new Error('no question');
    first.state.approve(question, reads.count({ alwaysApprove: true }, 'answer'));
    await runner().run(agent, first.state);
  },
  async 'the server of an agent'(reads) {
    class Server {
      cacheToolsList = false;
      get name() {
        reads.note('name');
        return 'own';
      }
      async connect() {}
      async close() {}
      async listTools() {
        return [];
      }
      async callTool() {
        return [];
      }
      async invalidateToolsCache() {}
    }
    const agent = new agents.Agent({
      name: 'a',
      model: model(output('done')),
      mcpServers: [new Server() as unknown as agents.MCPServer],
    });
    await runner().run(agent, 'hi');
  },
  async 'the final output'(reads) {
    class Money {
      toJSON() {
        reads.note('toJSON');
        return '1 EUR';
      }
    }
    class Priced extends agents.Agent {
      override processFinalOutput(): string {
        reads.note('processFinalOutput');
        return new Money() as unknown as string;
      }
    }
    await runner().run(new Priced({ name: 'a', model: model(output('{"price":1}')) }), 'hi');
  },
  async 'a realtime session'(reads) {
    class Own extends RealtimeSession {
      override get currentAgent() {
        reads.note('currentAgent');
        return super.currentAgent;
      }
      override get transport() {
        reads.note('transport');
        return super.transport;
      }
    }
    const agent = reads.count(new RealtimeAgent({ name: 'greeter' }), 'agent');
    const options = reads.count(
      { transport: 'websocket' as const, model: 'm', workflowName: 'w' },
      'options',
    );
    const session = new Own(agent, options);
    const connected = failure(
      session.connect(reads.count({ apiKey: 'sk-local', url: 'ws://127.0.0.1:1/' }, 'connect')),
    );
    session.on('error', () => {});
    await connected;
    session.close();
  },
};

const bare = new Map<string, Record<string, number>>();
let harness: Harness;

async function readsOf(program: Program): Promise<Record<string, number>> {
  const reads = new Reads();
  await program(reads);
  return { ...reads.counts };
}

beforeAll(async () => {
  agents.setTracingDisabled(false);
  agents.setTraceProcessors([]);
  for (const [name, program] of Object.entries(PROGRAMS)) bare.set(name, await readsOf(program));
  harness = await startHarness({ instrumentation: { captureMessageContent: 'SPAN_AND_EVENT' } });
  harness.instrumentation.manuallyInstrument({
    realtime: await import('@openai/agents/realtime'),
  });
});
afterAll(() => harness.stop());

describe('The instrumentation runs no code of', () => {
  it.each(Object.keys(PROGRAMS))('%s', async (name) => {
    const program = PROGRAMS[name] as Program;
    expect(await readsOf(program)).toStrictEqual(bare.get(name));
    await expect.poll(() => harness.openSpanCount()).toBe(0);
  });
});
