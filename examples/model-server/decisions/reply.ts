import type OpenAI from 'openai';
import type { DecisionRequest, Question } from './request.js';

type Decision = OpenAI.Decision;
type Answer = Decision['answers'][number];

const SURE = 0.9;
/** Word whose questions are declined. */
const DECLINED = 'decline';

/** The first choice and the lowest level always win, because the input is not evaluated. */
export function reply(request: DecisionRequest): Decision {
  const input = Math.ceil(JSON.stringify([request.input, request.questions]).length / 4);
  const output = request.questions.length;
  return {
    model: request.model,
    answers: request.questions.map(answer),
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + output,
    },
  };
}

function answer(question: Question): Answer {
  const name = question.name ?? null;
  if (JSON.stringify(question.instructions).includes(DECLINED)) return { type: 'refusal', name };
  switch (question.type) {
    case 'predicate':
      return { type: 'predicate', name, probability: SURE };
    case 'choice': {
      const probabilities = question.choices.map(({ value }, index) => ({
        value,
        probability: share(index, question.choices.length),
      }));
      const choice = question.choices[0]?.value ?? '';
      return { type: 'choice', name, choice, confidence: SURE, probabilities };
    }
    case 'score': {
      const probabilities = question.levels.map(({ label }, value) => ({
        label,
        value,
        probability: share(value, question.levels.length),
      }));
      return { type: 'score', name, score: 0, confidence: SURE, probabilities };
    }
  }
}

/** The first of several gets nearly all of the probability, and the others share the rest. */
function share(index: number, count: number): number {
  if (count === 1) return 1;
  return index === 0 ? SURE : (1 - SURE) / (count - 1);
}
