/** A model without a network, and the items that it answers. */
import * as agents from '@openai/agents';

export const output = (text: string) => ({
  type: 'message' as const,
  role: 'assistant' as const,
  id: 'm',
  status: 'completed' as const,
  content: [{ type: 'output_text' as const, text }],
});

export const call = (name: string, args = '{}') => ({
  type: 'function_call' as const,
  id: `f-${name}`,
  callId: `c-${name}`,
  name,
  arguments: args,
  status: 'completed' as const,
});

/** Returns a model that gives these answers one after the other, and then the last one again. */
export function model(...answers: readonly ReturnType<typeof output | typeof call>[]): agents.Model {
  let turn = 0;
  const next = () => answers[Math.min(turn++, answers.length - 1)] ?? output('done');
  return {
    getResponse: async () => ({ usage: new agents.Usage(), output: [next()] }),
    async *getStreamedResponse() {
      const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
      yield { type: 'response_done', response: { id: 'r', usage, output: [next()] } };
    },
  } as agents.Model;
}
