import * as agents from '@openai/agents';
import { z } from 'zod';
import type { Situation } from './situation.js';

const main = (model: string) => new agents.Agent({ name: 'Main', model, instructions: 'Be brief.' });

/** A model of the application, for which the SDK creates no span. */
const ownModel: agents.Model = {
  getResponse: async () => ({
    usage: new agents.Usage({ requests: 1, inputTokens: 11, outputTokens: 7, totalTokens: 18 }),
    output: [
      {
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'hi from elsewhere' }],
      },
    ],
  }),
  // biome-ignore lint/correctness/useYield: never called
  async *getStreamedResponse() {
    throw new Error('not streamed here');
  },
};

/** Runs with a single question and its answer. */
export const plain: readonly Situation[] = [
  {
    name: 'plain-responses',
    run: async (tools) =>
      (await tools.runner({ groupId: 'group-1' }).run(main('says-hi'), 'hello')).finalOutput,
  },
  {
    name: 'plain-chat',
    run: async (tools) =>
      (await tools.runner({ chatCompletions: true }).run(main('says-hi'), 'hello')).finalOutput,
  },
  {
    name: 'plain-run-fn',
    run: async () => (await agents.run(main('says-hi'), 'hello')).finalOutput,
  },
  {
    name: 'plain-run-fn-in-request',
    run: async (tools) =>
      tools.tracer.startActiveSpan('GET /hello', async (span) => {
        const { finalOutput } = await agents.run(main('says-hi'), 'hello');
        span.end();
        return finalOutput;
      }),
  },
  {
    name: 'plain-items-as-input',
    run: async (tools) =>
      (
        await tools.runner().run(main('says-hi'), [
          agents.user('my first question'),
          agents.assistant('my first answer'),
          {
            role: 'user',
            content: [
              { type: 'input_text', text: 'what is this?' },
              { type: 'input_image', image: 'https://shop.example/kettle.png' },
            ],
          },
        ])
      ).finalOutput,
  },
  {
    name: 'plain-own-model',
    run: async (tools) =>
      (await tools.runner().run(new agents.Agent({ name: 'Main', model: ownModel }), 'hello')).finalOutput,
  },
  {
    name: 'output-type-zod',
    run: async (tools) => {
      const agent = new agents.Agent({
        name: 'Main',
        model: 'says-json',
        outputType: z.object({ a: z.number() }),
      });
      return (await tools.runner().run(agent, 'hello')).finalOutput;
    },
  },
  {
    name: 'reasoning',
    run: async (tools) => (await tools.runner().run(main('reasoning'), 'hello')).finalOutput,
  },
  {
    name: 'model-settings',
    run: async (tools) => {
      const agent = new agents.Agent({
        name: 'Main',
        model: 'says-hi',
        modelSettings: {
          temperature: 0.3,
          topP: 0.9,
          maxTokens: 100,
          parallelToolCalls: false,
          store: false,
        },
      });
      return (await tools.runner().run(agent, 'hello')).finalOutput;
    },
  },
];
