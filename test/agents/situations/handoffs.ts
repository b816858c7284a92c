import * as agents from '@openai/agents';
import { z } from 'zod';
import { failureOf, readAll, type Situation } from './situation.js';

const billing = () =>
  new agents.Agent({
    name: 'Billing',
    model: 'hands-over',
    instructions: 'You bill.',
    handoffDescription: 'Knows invoices.',
  });
const support = () => new agents.Agent({ name: 'Support', model: 'hands-over' });

const main = (handoffs: (agents.Agent | agents.Handoff)[], model = 'hands-over') =>
  agents.Agent.create({ name: 'Main', model, instructions: 'You sort.', handoffs });

/** Runs in which one agent hands over to another. */
export const handoffs: readonly Situation[] = [
  {
    name: 'handoff',
    run: async (tools) => (await tools.runner().run(main([billing()]), 'invoice')).finalOutput,
  },
  {
    name: 'handoff-stream',
    run: async (tools) => readAll(await tools.runner().run(main([billing()]), 'invoice', { stream: true })),
  },
  {
    name: 'handoff-with-reason',
    run: async (tools) => {
      const withReason = agents.handoff(billing(), {
        inputType: z.object({ reason: z.string() }),
        onHandoff: () => {},
      });
      return (await tools.runner().run(main([withReason], 'hands-over-with-reason'), 'invoice')).finalOutput;
    },
  },
  {
    name: 'handoff-two-at-once',
    run: async (tools) =>
      (await tools.runner().run(main([billing(), support()], 'hands-over-twice-at-once'), 'invoice'))
        .finalOutput,
  },
  {
    name: 'handoff-callback-throws',
    run: (tools) => {
      const failing = agents.handoff(billing(), {
        onHandoff: () => {
          throw new RangeError('no such department');
        },
      });
      return failureOf(() => tools.runner().run(main([failing]), 'invoice'));
    },
  },
];
