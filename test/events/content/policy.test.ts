import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { guardrailContent, guardrailTriggered } from '../../../src/events/content/policy.js';
import type { JsonValue } from '../../../src/json/json.js';
import { plainSpan } from '../plain-span.js';

const NAME = 'openai_agents.guardrail.name';
const TRIGGERED = 'openai_agents.guardrail.triggered';

const allow = { outcome: 'allow', rationale: 'guardrail passed' };
const deny = { outcome: 'deny', rationale: 'guardrail tripwire triggered' };
const review = { outcome: 'review', rationale: 'guardrail failed' };

const result = {
  type: 'guardrail.result' as const,
  span: plainSpan({}).spanContext(),
  time: 0,
  side: 'output' as const,
};

describe('guardrailContent', () => {
  it.each<[what: string, info: JsonValue | undefined, includeContent: boolean, expected: object]>([
    ['with output info', { score: 0.9 }, true, { metadata: { output_info: { score: 0.9 } } }],
    ['without content', { score: 0.9 }, false, {}],
    ['without output info', undefined, true, {}],
  ])('of a guardrail %s', (_what, outputInfo, includeContent, expected) => {
    const signal = { ...result, ...(outputInfo !== undefined && { outputInfo }) };
    expect(guardrailContent(plainSpan({ [NAME]: 'no-math' }), false, signal, includeContent)).toStrictEqual({
      policy: { policy_id: 'no-math', ...allow, rule_ids: ['output'] },
      ...expected,
    });
  });

  it.each<[what: string, attributes: Attributes, failed: boolean, expected: object]>([
    ['passed', { [NAME]: 'no-math', [TRIGGERED]: false }, false, { policy_id: 'no-math', ...allow }],
    ['tripped', { [NAME]: 'no-math', [TRIGGERED]: true }, false, { policy_id: 'no-math', ...deny }],
    ['failed', { [NAME]: 'no-math', [TRIGGERED]: false }, true, { policy_id: 'no-math', ...review }],
    ['triggered, and failed afterwards', { [TRIGGERED]: true }, true, deny],
    ['has no result', {}, false, allow],
    ['has a result of a wrong type', { [TRIGGERED]: 'true' }, false, allow],
    ['has no name', { [NAME]: '', [TRIGGERED]: true }, false, deny],
  ])('%s', (_what, attributes, failed, expected) => {
    const span = plainSpan(attributes);
    expect(guardrailContent(span, failed, undefined, true)).toStrictEqual({ policy: expected });
    expect(guardrailTriggered(span)).toBe(attributes[TRIGGERED] === true);
  });
});
