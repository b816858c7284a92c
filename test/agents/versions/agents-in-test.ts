/** The agents of these tests, made of features that all tested versions of the Agents SDK have. */
import * as agents from '@openai/agents';
import { z } from 'zod';

export function plainAgent() {
  return new agents.Agent({ name: 'plain', model: 'plain' });
}

/** An agent that calls two tools in parallel. */
export function workingAgent() {
  return new agents.Agent({ name: 'worker', model: 'two-tools', tools: [lookUp('a'), lookUp('b')] });
}

function lookUp(name: string) {
  return agents.tool({
    name,
    description: `looks up ${name}`,
    parameters: z.object({ query: z.string() }),
    execute: async ({ query }) => `${name} of ${query}`,
  });
}

/** An agent that hands over to another one. */
export function handingAgent() {
  const specialist = new agents.Agent({ name: 'specialist', model: 'handoff' });
  return new agents.Agent({ name: 'first', model: 'handoff', handoffs: [specialist] });
}

/** An agent that has another agent as its tool. */
export function askingAgent() {
  const tool = plainAgent().asTool({ toolName: 'ask', toolDescription: 'asks the plain agent' });
  return new agents.Agent({ name: 'outer', model: 'asks-an-agent', tools: [tool] });
}

/** An agent whose guardrail rejects the answer. */
export function guardedAgent() {
  const guardrail = {
    name: 'strict',
    execute: async () => ({ tripwireTriggered: true, outputInfo: {} }),
  };
  return new agents.Agent({ name: 'guarded', model: 'plain', outputGuardrails: [guardrail] });
}

/** An agent with a model that the model server does not know. */
export function lostAgent() {
  return new agents.Agent({ name: 'lost', model: 'no-such-model' });
}

/** An agent whose tool exceeds its timeout. */
export function slowAgent() {
  const slow = agents.tool({
    name: 'slow',
    description: 'takes its time',
    parameters: z.object({}),
    timeoutMs: 10,
    execute: () => new Promise<string>((resolve) => setTimeout(resolve, 2_000, 'too late')),
  });
  return new agents.Agent({ name: 'slow', model: 'calls-slow', tools: [slow] });
}

/** An agent whose tool needs an approval. */
export function carefulAgent(model = 'calls-danger') {
  const danger = agents.tool({
    name: 'danger',
    description: 'does what cannot be undone',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => 'did it',
  });
  return new agents.Agent({ name: 'careful', model, tools: [danger] });
}
