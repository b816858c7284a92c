import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { handoffContent } from '../../../src/events/content/handoff-content.js';
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
    expect(handoffContent(plainSpan(attributes))).toStrictEqual({
      agent_handoff: { ...expected, handoff_type: 'sequential' },
    });
  });
});
