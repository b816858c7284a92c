/** The support desk: a triage agent that looks things up and hands over to a refund agent. */
import { Agent, tool } from '@openai/agents';
import { z } from 'zod';

const CARD_NUMBER = /\b(?:\d[ -]?){13,16}\b/;

/**
 * @param model - name of the model that both agents use.
 * @param shop - origin of the shop's HTTP API, which the tools call.
 */
export function createDesk(model: string, shop: string) {
  const lookupOrder = tool({
    name: 'lookup_order',
    description: 'Finds an order by its id.',
    parameters: z.object({ orderId: z.string() }),
    execute: ({ orderId }) => getJson(new URL(`/shop/orders/${encodeURIComponent(orderId)}`, shop)),
  });

  const checkPolicy = tool({
    name: 'check_policy',
    description: "Looks up the shop's policy on a topic.",
    parameters: z.object({ topic: z.string() }),
    execute: ({ topic }) => `Policy on ${topic}: within 30 days of delivery, without giving reasons.`,
  });

  const issueRefund = tool({
    name: 'issue_refund',
    description: 'Pays an amount back for an order.',
    parameters: z.object({ orderId: z.string(), amount: z.number() }),
    execute: (refund) =>
      getJson(new URL('/shop/refunds', shop), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(refund),
      }),
  });

  const refundAgent = new Agent({
    name: 'refund_agent',
    handoffDescription: 'Pays customers back.',
    model,
    instructions: 'You issue the refund that the customer is due, and say so in one sentence.',
    tools: [issueRefund],
    outputGuardrails: [
      {
        name: 'no_card_numbers',
        execute: async ({ agentOutput }) => ({
          tripwireTriggered: CARD_NUMBER.test(String(agentOutput)),
          outputInfo: {},
        }),
      },
    ],
  });

  return new Agent({
    name: 'triage_agent',
    model,
    instructions:
      'You triage requests of customers: look up the order and the policy, then hand over to the agent that can help.',
    tools: [lookupOrder, checkPolicy],
    handoffs: [refundAgent],
  });
}

async function getJson(url: URL, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}`);
  return response.json();
}
