/** Session stores of the application that give their identifier only by `getSessionId()`. */
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    scenarios: [
      { id: 'calls', steps: [{ reply: { text: 'hi' } }] },
      {
        id: 'asks',
        steps: [
          { when: { hasToolResultFor: ['danger'] }, reply: { text: 'done' } },
          { reply: { toolCalls: [{ name: 'danger', arguments: {} }] } },
        ],
      },
    ],
  });
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

class Store implements agents.Session {
  readonly #id: string;
  readonly #items: agents.AgentInputItem[] = [];
  asked = 0;

  constructor(id: string) {
    this.#id = id;
  }

  async getSessionId() {
    this.asked += 1;
    return this.#id;
  }

  async getItems() {
    return [...this.#items];
  }

  async addItems(items: agents.AgentInputItem[]) {
    this.#items.push(...items);
  }

  async popItem() {
    return this.#items.pop();
  }

  async clearSession() {
    this.#items.length = 0;
  }
}

/** A store that waits before it knows its identifier. */
class SlowStore extends Store {
  override async getSessionId() {
    await new Promise((later) => setTimeout(later, 10));
    return super.getSessionId();
  }
}

/** A store that cannot say who it is. */
class BrokenStore extends Store {
  override async getSessionId(): Promise<string> {
    throw new Error('no id');
  }
}

const run = async (session: agents.Session, stream: boolean) => {
  const agent = new agents.Agent({ name: 'A', model: 'calls' });
  if (!stream) return agents.run(agent, 'go', { session });
  const result = await agents.run(agent, 'go', { session, stream: true });
  await result.completed;
  return result;
};

const conversations = () =>
  harness
    .spans()
    .filter(({ name }) => /^(invoke_|chat)/.test(name))
    .map(({ attributes }) => attributes['gen_ai.conversation.id']);

describe.each([{ stream: false }, { stream: true }])(
  'A store with getSessionId() alone ($stream)',
  ({ stream }) => {
    it('groups its runs, and is asked once', async () => {
      const store = new Store(`chat-${stream}`);
      await run(store, stream);
      await run(store, stream);
      expect(new Set(conversations())).toEqual(new Set([`chat-${stream}`]));
      expect(conversations()).toHaveLength(6);
      const sessions = (await harness.events())
        .filter(({ type }) => type === 'EVENT_TYPE_AGENT_START')
        .map(({ session_id }) => session_id);
      expect(sessions).toEqual([`chat-${stream}`, `chat-${stream}`]);
      expect(store.asked).toBe(1);
    });

    it('groups the runs after the first one if it takes long to answer', async () => {
      const store = new SlowStore(`slow-${stream}`);
      await run(store, stream);
      await new Promise((later) => setTimeout(later, 30));
      await harness.reset();
      await run(store, stream);
      expect(new Set(conversations())).toEqual(new Set([`slow-${stream}`]));
    });

    it('has no identifier if it fails to give one, and its runs work', async () => {
      const store = new BrokenStore('none');
      await run(store, stream);
      expect(new Set(conversations())).toEqual(new Set([undefined]));
      expect(harness.processor.stats().errors).toBe(0);
    });
  },
);

it('A store whose identifier is data is not asked for it', async () => {
  const store = Object.assign(new Store('chat-2'), { sessionId: 'chat-2' });
  await run(store, false);
  expect(new Set(conversations())).toEqual(new Set(['chat-2']));
  expect(store.asked).toBe(0);
});

describe('A run that a person approves in another request', () => {
  const danger = agents.tool({
    name: 'danger',
    description: 'does what cannot be undone',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => 'did it',
  });
  const agent = new agents.Agent({ name: 'A', model: 'asks', tools: [danger] });

  it.each([
    { store: 'getSessionId() alone', id: 'asked', open: (id: string) => new Store(id) },
    {
      store: 'an identifier as data',
      id: 'data',
      open: (id: string) => Object.assign(new Store(id), { sessionId: id }),
    },
  ])('stays in the session of a store with $store, as does the decision', async ({ id, open }) => {
    const asked = await agents.run(agent, 'go', { session: open(id) });
    const text = asked.state.toString();

    // Another request opens the store anew.
    const state = await agents.RunState.fromString<undefined, typeof agent>(agent, text);
    for (const item of state.getInterruptions()) state.approve(item);
    const result = await agents.run(agent, state, { session: open(id) });
    expect(result.finalOutput).toBe('done');

    expect(conversations()).toEqual(conversations().map(() => id));
    const events = await harness.events();
    expect(new Set(events.map(({ session_id }) => session_id))).toEqual(new Set([id]));
    // The session goes on after the test.
    expect(streamViolations(events, { open: true })).toEqual([]);
    const decided = events.filter(({ policy }) => policy?.outcome === 'allow');
    expect(decided.map(({ session_id }) => session_id)).toEqual([id]);
  });

  it('has no identifier in the text of its state that the state has already', async () => {
    const asked = await new agents.Runner({ groupId: 'group-1' }).run(agent, 'go');
    expect(asked.state.toString()).not.toContain('openai_agents.conversation');
  });
});
