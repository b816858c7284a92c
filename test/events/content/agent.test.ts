import { createHash } from 'node:crypto';
import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { AgentConfigurations, agentMetadata, handoffContent } from '../../../src/events/content/agent.js';
import type { JsonValue } from '../../../src/json/json.js';
import type { AgentDetails } from '../../../src/signals/signal.js';
import { plainSpan } from '../plain-span.js';

const known: AgentDetails = {
  instructions: 'Be brief.',
  model: 'gpt-5-mini',
  tools: ['weather', 'time'],
  handoffs: ['Billing'],
  handoffDescription: 'Answers first',
};

const onSpan: Attributes = { 'gen_ai.agent.description': 'From the span', 'gen_ai.request.model': 'gpt-4o' };

describe('agentMetadata', () => {
  it.each<
    [
      what: string,
      attributes: Attributes,
      details: AgentDetails | undefined,
      includeContent: boolean,
      expected: object,
    ]
  >([
    ['no attributes', {}, undefined, true, {}],
    [
      'everything',
      {},
      known,
      true,
      {
        role: 'Answers first',
        model: 'gpt-5-mini',
        instructions: 'Be brief.',
        tools: ['weather', 'time'],
        handoffs: ['Billing'],
      },
    ],
    ['attributes of the span', onSpan, undefined, true, { role: 'From the span', model: 'gpt-4o' }],
    [
      'details rather than attributes of the span',
      onSpan,
      { model: 'gpt-5-mini', handoffDescription: 'From the details' },
      true,
      { role: 'From the details', model: 'gpt-5-mini' },
    ],
    [
      'attributes of the span for what the details lack',
      onSpan,
      { tools: [] },
      true,
      { role: 'From the span', model: 'gpt-4o', tools: [] },
    ],
    [
      'no instructions if content is not captured',
      {},
      known,
      false,
      { role: 'Answers first', model: 'gpt-5-mini', tools: ['weather', 'time'], handoffs: ['Billing'] },
    ],
    [
      'attributes of a wrong type',
      { 'gen_ai.agent.description': 5, 'gen_ai.request.model': ['x'] },
      undefined,
      true,
      {},
    ],
    [
      'not the input of the run, which has its own event',
      {},
      { runInput: [{ role: 'user', parts: [] }] },
      true,
      {},
    ],
  ])('%s', (_what, attributes, details, includeContent, expected) => {
    expect(agentMetadata(plainSpan(attributes), details, includeContent)).toStrictEqual(expected);
  });

  it('copies the lists', () => {
    const tools = ['weather'];
    const metadata = agentMetadata(plainSpan(), { tools }, true);
    tools.push('time');
    expect(metadata.tools).toEqual(['weather']);
  });
});

const SESSION = {};
const DESK = { model: 'gpt-5-mini', instructions: 'Be brief.', tools: ['orders'], handoffs: ['refunds'] };
const CONFIGURATION = {
  model: 'gpt-5-mini',
  instructions_sha256: createHash('sha256').update('Be brief.').digest('hex'),
  tools: ['orders'],
  handoffs: ['refunds'],
};

describe('AgentConfigurations', () => {
  it('returns an agent when it is first seen, and not again', () => {
    const configurations = new AgentConfigurations();
    expect(configurations.seen(SESSION, 'desk', DESK)).toEqual({
      agent: 'desk',
      change: 'first_seen',
      ...CONFIGURATION,
    });
    expect(configurations.seen(SESSION, 'desk', { ...DESK })).toBeUndefined();
    expect(configurations.seen(SESSION, 'other', DESK)).toEqual({
      agent: 'other',
      change: 'first_seen',
      ...CONFIGURATION,
    });
  });

  it.each([
    ['its model', { model: 'gpt-5' }, { model: 'gpt-5' }],
    [
      'its instructions, as a hash',
      { instructions: 'Be kind.' },
      { instructions_sha256: createHash('sha256').update('Be kind.').digest('hex') },
    ],
    ['its tools', { tools: [] }, { tools: [] }],
    ['its handoffs', { handoffs: ['refunds', 'returns'] }, { handoffs: ['refunds', 'returns'] }],
  ])('returns an agent that has changed: %s', (_what, change, changed) => {
    const configurations = new AgentConfigurations();
    configurations.seen(SESSION, 'desk', DESK);
    expect(configurations.seen(SESSION, 'desk', { ...DESK, ...change })).toEqual({
      agent: 'desk',
      change: 'changed',
      ...CONFIGURATION,
      ...changed,
    });
    expect(configurations.seen(SESSION, 'desk', { ...DESK, ...change })).toBeUndefined();
  });

  it('returns an agent once per session', () => {
    const configurations = new AgentConfigurations();
    configurations.seen(SESSION, 'desk', DESK);
    expect(configurations.seen({}, 'desk', DESK)).toMatchObject({ change: 'first_seen' });
  });

  it('returns an agent of which only the name is known', () => {
    expect(new AgentConfigurations().seen(SESSION, 'desk', {})).toEqual({
      agent: 'desk',
      change: 'first_seen',
    });
  });

  it('remembers the thousand agents that were seen last', () => {
    const configurations = new AgentConfigurations();
    for (let index = 0; index < 1000; index += 1) configurations.seen(SESSION, `agent ${index}`, DESK);
    expect(configurations.seen(SESSION, 'agent 0', DESK)).toBeUndefined();
    configurations.seen(SESSION, 'one more', DESK);
    expect(configurations.seen(SESSION, 'agent 0', DESK)).toBeUndefined();
    expect(configurations.seen(SESSION, 'agent 1', DESK)).toMatchObject({ change: 'first_seen' });
  });
});

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
    [
      'without a target, because it failed',
      { [FROM]: 'Triage' },
      { from_agent_id: 'Triage', from_agent_name: 'Triage' },
    ],
    ['without a source', { [TO]: 'Billing' }, { to_agent_id: 'Billing', to_agent_name: 'Billing' }],
    ['names of a wrong type', { [FROM]: 5, [TO]: '' }, {}],
    ['no attributes', {}, {}],
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
    ['data without a reason', { order: 7 }, true, { handoff_data: { order: 7 } }],
    ['data that is not an object', 'invoice 7', true, { handoff_data: { input: 'invoice 7' } }],
    ['a reason, without content', { reason: 'invoice 7' }, false, {}],
  ])('given %s', (_what, input, includeContent, expected) => {
    expect(handoffContent(plainSpan({}), input, includeContent)).toStrictEqual({
      agent_handoff: { handoff_type: 'sequential', ...expected },
    });
  });
});
