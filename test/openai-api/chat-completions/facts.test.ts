import { describe, expect, it } from 'vitest';
import { chatFacts } from '../../../src/openai-api/chat-completions/facts.js';

const HELD_BACK = {
  type: 'policy.decision',
  policyId: 'content_filter',
  outcome: 'deny',
  rationale: "the provider's content filter held the answer back",
};

describe('chatFacts', () => {
  it.each<[what: string, choices: unknown, facts: unknown]>([
    ['nothing of a plain answer', [{ message: { content: 'Hi', refusal: null }, finish_reason: 'stop' }], []],
    [
      'a refusal',
      [{ message: { refusal: 'I will not' }, finish_reason: 'stop' }],
      [
        {
          type: 'policy.decision',
          policyId: 'model_refusal',
          outcome: 'deny',
          rationale: 'the model refused',
          content: { refusal: 'I will not' },
        },
      ],
    ],
    ['an answer that was held back', [{ finish_reason: 'content_filter' }], [HELD_BACK]],
    [
      'what Azure found in it',
      [
        {
          finish_reason: 'content_filter',
          content_filter_results: {
            violence: { filtered: true, severity: 'high' },
            hate: { filtered: true },
            sexual: { filtered: false },
            odd: null,
          },
        },
      ],
      [{ ...HELD_BACK, ruleIds: ['hate', 'violence'] }],
    ],
    ['one of several', [{ finish_reason: 'stop' }, { finish_reason: 'content_filter' }], [HELD_BACK]],
    ['nothing of what are no choices', 'none', []],
    ['nothing of choices that are none', [null, 5, { message: 'x', finish_reason: {} }], []],
  ])('reports %s', (_what, choices, facts) => {
    expect(chatFacts({ choices })).toEqual(facts);
  });
});
