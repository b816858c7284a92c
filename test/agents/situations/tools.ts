import * as agents from '@openai/agents';
import { z } from 'zod';
import { failureOf, pause, type Situation } from './situation.js';

/** A tool that answers later than `b`, so that parallel tools do not end in the order of their start. */
export function toolA(action?: () => unknown) {
  return agents.tool({
    name: 'a',
    description: 'tool a',
    parameters: z.object({ x: z.number() }),
    execute: async ({ x }) => {
      await action?.();
      await pause(15);
      return `a${x}`;
    },
  });
}

export function toolB() {
  return agents.tool({
    name: 'b',
    description: 'tool b',
    parameters: z.object({}),
    execute: async () => {
      await pause(2);
      return { value: 'b' };
    },
  });
}

const bad = (options: { errorFunction?: null } = {}) =>
  agents.tool({
    name: 'bad',
    description: 'tool bad',
    parameters: z.object({}),
    execute: () => {
      throw new TypeError('tool broke');
    },
    ...options,
  });

const slow = (options: { timeoutBehavior?: 'raise_exception'; timeoutErrorFunction?: () => string } = {}) =>
  agents.tool({
    name: 'slow',
    description: 'tool slow',
    parameters: z.object({}),
    timeoutMs: 15,
    execute: async () => {
      await pause(2_000);
      return 'too late';
    },
    ...options,
  });

const main = (model: string, tools: agents.Tool[]) => new agents.Agent({ name: 'Main', model, tools });

/** Function tools of the application. */
export const tools: readonly Situation[] = [
  {
    name: 'tools-parallel',
    parallel: true,
    run: async (tools) =>
      (
        await tools
          .runner()
          .run(main('calls-a-and-b', [toolA(() => fetch(`${tools.server.origin}/healthz`)), toolB()]), 'go')
      ).finalOutput,
  },
  {
    name: 'tools-chat',
    run: async (tools) =>
      (await tools.runner({ chatCompletions: true }).run(main('calls-a', [toolA()]), 'go')).finalOutput,
  },
  {
    name: 'tool-error',
    run: async (tools) => (await tools.runner().run(main('calls-bad', [bad()]), 'go')).finalOutput,
  },
  {
    name: 'tool-error-rethrow',
    run: (tools) =>
      failureOf(() => tools.runner().run(main('calls-bad', [bad({ errorFunction: null })]), 'go')),
  },
  {
    name: 'tool-bad-args',
    run: async (tools) => (await tools.runner().run(main('calls-a-wrongly', [toolA()]), 'go')).finalOutput,
  },
  {
    name: 'tool-not-found',
    run: (tools) => failureOf(() => tools.runner().run(main('calls-missing', [toolA()]), 'go')),
  },
  {
    name: 'tool-not-found-returned-to-model',
    run: async (tools) =>
      (
        await tools
          .runner({ toolNotFoundBehavior: 'return_error_to_model' })
          .run(main('calls-missing', [toolA()]), 'go')
      ).finalOutput,
  },
  {
    name: 'tool-timeout',
    run: async (tools) => (await tools.runner().run(main('calls-slow', [slow()]), 'go')).finalOutput,
  },
  {
    name: 'tool-timeout-raised',
    run: (tools) =>
      failureOf(() =>
        tools.runner().run(main('calls-slow', [slow({ timeoutBehavior: 'raise_exception' })]), 'go'),
      ),
  },
  {
    name: 'tool-timeout-in-own-words',
    run: async (tools) =>
      (
        await tools
          .runner()
          .run(main('calls-slow', [slow({ timeoutErrorFunction: () => 'try it later' })]), 'go')
      ).finalOutput,
  },
  {
    name: 'tool-stops-run',
    run: async (tools) => {
      const agent = new agents.Agent({
        name: 'Main',
        model: 'calls-a',
        tools: [toolA()],
        toolUseBehavior: 'stop_on_first_tool',
      });
      return (await tools.runner().run(agent, 'go')).finalOutput;
    },
  },
];
