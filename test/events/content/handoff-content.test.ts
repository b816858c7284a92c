import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { handoffContent } from '../../../src/events/content/handoff-content.js';
import type { JsonValue } from '../../../src/foreign/json.js';
import { plainSpan } from '../plain-span.js';

const FROM = 'openai_agents.handoff.from_agent.name';
const TO = 'openai_agents.handoff.to_agent.name';

describe('handoffContent', () => {
  it.each<[what: string, attributes: Attributes, expected: object]>([
    [
      'from one agent to another',
      { [FROM]: 'Triage', [TO]: 'Billing' },
      {
        from_agent_id: 'Triage',
        from_agent_name: 'Triage',
        to_agent_id: 'Billing',
        to_agent_name: 'Billing',
      },
    ],
    ['to nobody: it failed', { [FROM]: 'Triage' }, { from_agent_id: 'Triage', from_agent_name: 'Triage' }],
    ['from nobody', { [TO]: 'Billing' }, { to_agent_id: 'Billing', to_agent_name: 'Billing' }],
    ['names of a wrong type', { [FROM]: 5, [TO]: '' }, {}],
    ['nothing known', {}, {}],
  ])('%s', (_what, attributes, expected) => {
    expect(handoffContent(plainSpan(attributes), undefined, true)).toStrictEqual({
      agent_handoff: { ...expected, handoff_type: 'sequential' },
    });
  });

  it.each<[what: string, input: JsonValue | undefined, includeContent: boolean, expected: object]>([
    [
      'a reason',
      { reason: 'invoice 7' },
      true,
      { handoff_data: { reason: 'invoice 7' }, reason: 'invoice 7' },
    ],
    ['something else', { order: 7 }, true, { handoff_data: { order: 7 } }],
    ['no object', 'invoice 7', true, { handoff_data: { input: 'invoice 7' } }],
    ['a reason, without content', { reason: 'invoice 7' }, false, {}],
  ])('given %s', (_what, input, includeContent, expected) => {
    expect(handoffContent(plainSpan({}), input, includeContent)).toStrictEqual({
      agent_handoff: { handoff_type: 'sequential', ...expected },
    });
  });
});
