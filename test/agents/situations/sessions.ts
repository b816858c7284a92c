import * as agents from '@openai/agents';
import { withSession } from '../../../src/index.js';
import type { Situation } from './situation.js';
import { toolA } from './tools.js';

const main = (model = 'says-hi', tools: agents.Tool[] = []) =>
  new agents.Agent({ name: 'Main', model, tools });

/** Runs that are part of a conversation. */
export const sessions: readonly Situation[] = [
  {
    name: 'session-memory',
    run: async (tools) => {
      const session = new agents.MemorySession({ sessionId: 'memory-1' });
      await tools.runner().run(main(), 'hello', { session });
      const { finalOutput } = await tools.runner().run(main(), 'again', { session });
      return [finalOutput, (await session.getItems()).length];
    },
  },
  {
    name: 'session-memory-changed-by-application',
    run: async (tools) => {
      const session = new agents.MemorySession({ sessionId: 'memory-2' });
      await session.addItems([agents.user('said before')]);
      await tools.runner().run(main('calls-a', [toolA()]), 'go', { session });
      await session.popItem();
      await session.clearSession();
      return (await session.getItems()).length;
    },
  },
  {
    name: 'session-object-of-the-application',
    run: async (tools) => {
      const kept: agents.AgentInputItem[] = [];
      const session: agents.Session = {
        getSessionId: async () => 'mine',
        getItems: async () => kept,
        addItems: async (items) => {
          kept.push(...items);
        },
        popItem: async () => kept.pop(),
        clearSession: async () => {
          kept.length = 0;
        },
      };
      await tools.runner().run(main(), 'hello', { session });
      const { finalOutput } = await tools.runner().run(main(), 'again', { session });
      return [finalOutput, kept.length, Object.keys(session)];
    },
  },
  {
    name: 'session-object-around-another',
    run: async (tools) => {
      const memory = new agents.MemorySession({ sessionId: 'memory-4' });
      const session: agents.Session = {
        getSessionId: () => memory.getSessionId(),
        getItems: (limit) => memory.getItems(limit),
        addItems: (items) => memory.addItems(items),
        popItem: () => memory.popItem(),
        clearSession: () => memory.clearSession(),
      };
      await tools.runner().run(main(), 'hello', { session });
      return (await memory.getItems()).length;
    },
  },
  {
    name: 'session-conversations',
    run: async (tools) => {
      const session = new agents.OpenAIConversationsSession({ client: tools.client });
      await tools.runner().run(main(), 'hello', { session });
      return (await tools.runner().run(main(), 'again', { session })).finalOutput;
    },
  },
  {
    name: 'session-compaction',
    run: async (tools) => {
      const session = new agents.OpenAIResponsesCompactionSession({
        client: tools.client,
        model: 'gpt-5-mini',
        underlyingSession: new agents.MemorySession({ sessionId: 'memory-3' }),
        shouldTriggerCompaction: () => true,
      });
      const { finalOutput } = await tools.runner().run(main(), 'hello', { session });
      return [finalOutput, (await session.getItems()).map((item) => item.type)];
    },
  },
  {
    name: 'conversation-id',
    run: async (tools) =>
      (await tools.runner().run(main(), 'hello', { conversationId: 'conv_1' })).finalOutput,
  },
  {
    name: 'previous-response-id',
    run: async (tools) =>
      (await tools.runner().run(main(), 'hello', { previousResponseId: 'resp_before' })).finalOutput,
  },
  {
    name: 'session-of-the-application',
    run: (tools) =>
      withSession({ id: 'shop-1', name: 'shopping', metadata: { customer: 'c-1' } }, async () => {
        await tools.runner({ groupId: 'group-in-a-session' }).run(main(), 'hello');
        return (await tools.runner().run(main(), 'again')).finalOutput;
      }),
  },
];
