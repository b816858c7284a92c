/** Errors that quote the conversation: strands#1292, agents-js#316, and the other members of the kind. */
import * as agents from '@openai/agents';
import { OpenAI } from 'openai';
import { z } from 'zod';
import { withSession } from '../../src/index.js';
import { call, model, output } from './scripted-model.js';

export const SAID = 'Jane Roe, HIV clinic';

const tripwire = (given: unknown) => ({
  name: 'no_health_data',
  execute: async () => ({ tripwireTriggered: true, outputInfo: { flagged: given } }),
});

const refusal = {
  ...output(''),
  content: [{ type: 'refusal' as const, refusal: `I will not speak of ${SAID}` }],
} as unknown as ReturnType<typeof output>;

const tool = (more: object) =>
  agents.tool({
    name: 'look_up',
    description: 'Looks up.',
    parameters: z.object({}),
    execute: async () => {
      throw new Error(`no record of ${SAID}`);
    },
    ...more,
  });

const agent = (more: object) => new agents.Agent({ name: 'A', model: model(output('done')), ...more });

/** Each makes an error, on some span, whose text has {@link SAID}. */
export const SOURCES: [what: string, run: (runner: agents.Runner) => Promise<unknown>][] = [
  ['an input guardrail', (runner) => runner.run(agent({ inputGuardrails: [tripwire(SAID)] }), SAID)],
  ['an output guardrail', (runner) => runner.run(agent({ outputGuardrails: [tripwire(SAID)] }), 'q')],
  ['a refusal', (runner) => runner.run(agent({ model: model(refusal) }), 'q')],
  [
    'instructions that throw',
    (runner) =>
      runner.run(
        agent({
          instructions: () => {
            throw new Error(SAID);
          },
        }),
        'q',
      ),
  ],
  [
    'a tool whose error ends the run',
    (runner) =>
      runner.run(agent({ model: model(call('look_up')), tools: [tool({ errorFunction: null })] }), 'q'),
  ],
  [
    'a tool whose error the model gets',
    (runner) =>
      runner.run(
        agent({
          model: model(call('look_up'), output('done')),
          tools: [tool({ errorFunction: (_context: unknown, error: unknown) => String(error) })],
        }),
        'q',
      ),
  ],
  [
    'an error within a trace and a session of the application',
    (runner) =>
      withSession({ id: 's-1' }, () =>
        agents.withTrace('ours', () => runner.run(agent({ inputGuardrails: [tripwire(SAID)] }), 'q')),
      ),
  ],
  [
    'a server that repeats the request',
    async (runner) => {
      const openAIClient = new OpenAI({
        apiKey: 'k',
        maxRetries: 0,
        fetch: async () =>
          new Response(JSON.stringify({ error: { message: `Bad request: ${SAID}`, code: null } }), {
            status: 400,
            headers: { 'content-type': 'application/json' },
          }),
      });
      const modelProvider = new agents.OpenAIProvider({ openAIClient });
      await new agents.Runner({ ...runner.config, modelProvider }).run(
        new agents.Agent({ name: 'A', model: 'plain' }),
        'q',
      );
    },
  ],
];
