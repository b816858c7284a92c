import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AgentConfigurations } from '../../src/events/agent-configurations.js';

const SESSION = {};
const DESK = { model: 'gpt-5-mini', instructions: 'Be brief.', tools: ['orders'], handoffs: ['refunds'] };
const TOLD = {
  model: 'gpt-5-mini',
  instructions_sha256: createHash('sha256').update('Be brief.').digest('hex'),
  tools: ['orders'],
  handoffs: ['refunds'],
};

describe('AgentConfigurations', () => {
  it('tells an agent when it is first seen, and then no more', () => {
    const configurations = new AgentConfigurations();
    expect(configurations.seen(SESSION, 'desk', DESK)).toEqual({
      agent: 'desk',
      change: 'first_seen',
      ...TOLD,
    });
    expect(configurations.seen(SESSION, 'desk', { ...DESK })).toBeUndefined();
    expect(configurations.seen(SESSION, 'other', DESK)).toEqual({
      agent: 'other',
      change: 'first_seen',
      ...TOLD,
    });
  });

  it.each([
    ['its model', { model: 'gpt-5' }, { model: 'gpt-5' }],
    [
      'its instructions, of which only the hash is told',
      { instructions: 'Be kind.' },
      { instructions_sha256: createHash('sha256').update('Be kind.').digest('hex') },
    ],
    ['its tools', { tools: [] }, { tools: [] }],
    ['its handoffs', { handoffs: ['refunds', 'returns'] }, { handoffs: ['refunds', 'returns'] }],
  ])('tells that an agent has changed: %s', (_what, change, told) => {
    const configurations = new AgentConfigurations();
    configurations.seen(SESSION, 'desk', DESK);
    expect(configurations.seen(SESSION, 'desk', { ...DESK, ...change })).toEqual({
      agent: 'desk',
      change: 'changed',
      ...TOLD,
      ...told,
    });
    expect(configurations.seen(SESSION, 'desk', { ...DESK, ...change })).toBeUndefined();
  });

  it('tells it in each session', () => {
    const configurations = new AgentConfigurations();
    configurations.seen(SESSION, 'desk', DESK);
    expect(configurations.seen({}, 'desk', DESK)).toMatchObject({ change: 'first_seen' });
  });

  it('tells what is known', () => {
    expect(new AgentConfigurations().seen(SESSION, 'desk', {})).toEqual({
      agent: 'desk',
      change: 'first_seen',
    });
  });

  it('remembers the agents that were seen last, and no more of them than a thousand', () => {
    const configurations = new AgentConfigurations();
    for (let index = 0; index < 1000; index += 1) configurations.seen(SESSION, `agent ${index}`, DESK);
    expect(configurations.seen(SESSION, 'agent 0', DESK)).toBeUndefined();
    configurations.seen(SESSION, 'one more', DESK);
    expect(configurations.seen(SESSION, 'agent 0', DESK)).toBeUndefined();
    expect(configurations.seen(SESSION, 'agent 1', DESK)).toMatchObject({ change: 'first_seen' });
  });
});
