import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { type ChaukasEvent, EVENT_TYPES } from '../../src/chaukas/event.js';
import { fromCloudEvent, toCloudEvent } from '../../src/cloudevents/cloud-event.js';
import { OSSA_EVENT_TYPES } from '../../src/cloudevents/ossa-types.js';

const EVENT: ChaukasEvent = {
  event_id: '01931f2a-7c00-7000-8000-000000000001',
  type: 'EVENT_TYPE_AGENT_START',
  timestamp: '2026-03-14T09:26:53.123Z',
  status: 'EVENT_STATUS_STARTED',
  severity: 'SEVERITY_INFO',
  author: 'AUTHOR_AGENT',
  tenant_id: 'acme',
  project_id: 'shop/eu',
  session_id: 'order 1042',
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  span_id: '00f067aa0ba902b7',
  agent_id: 'triage',
};

test('toCloudEvent maps an event to a CloudEvent', () => {
  expect(toCloudEvent(EVENT)).toStrictEqual({
    specversion: '1.0',
    id: '01931f2a-7c00-7000-8000-000000000001',
    source: '/chaukas/acme/shop%2Feu',
    type: 'dev.ossa.agent.started',
    subject: 'triage',
    time: '2026-03-14T09:26:53.123Z',
    datacontenttype: 'application/json',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    partitionkey: 'order 1042',
    ossaagentid: 'triage',
    ossainteractionid: 'order 1042',
    ossatraceid: '4bf92f3577b34da6a3ce929d0e0e4736',
    ossaspanid: '00f067aa0ba902b7',
    data: EVENT,
  });
});

test('toCloudEvent accepts a source', () => {
  const source = 'https://shop.example/support';
  expect(toCloudEvent(EVENT, { source })).toMatchObject({ source });
});

it('leaves out attributes that the event does not have', () => {
  const bare = { event_id: '1', type: 'EVENT_TYPE_OF_TOMORROW' } as unknown as ChaukasEvent;
  expect(toCloudEvent(bare)).toStrictEqual({
    specversion: '1.0',
    id: '1',
    source: '/chaukas',
    type: 'ai.chaukas.of.tomorrow',
    datacontenttype: 'application/json',
    data: bare,
  });
});

it('refuses an event without an id', () => {
  expect(() => toCloudEvent({ type: 'EVENT_TYPE_ERROR' } as unknown as ChaukasEvent)).toThrow(
    'the event has no "event_id", which a CloudEvent needs as its id',
  );
});

describe('The type of a CloudEvent', () => {
  const STATUSES = ['STARTED', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
  /** Event type, the status if it matters, and the CloudEvents type. Each other status has the type of its own. */
  const TYPES = [
    ['SESSION_START', '*', 'dev.ossa.workflow.started'],
    ['SESSION_END', 'COMPLETED', 'dev.ossa.workflow.completed'],
    ['SESSION_END', '', 'ai.chaukas.session.end'],
    ['AGENT_START', '*', 'dev.ossa.agent.started'],
    ['AGENT_END', 'COMPLETED', 'dev.ossa.agent.completed'],
    ['AGENT_END', 'FAILED', 'dev.ossa.agent.failed'],
    ['AGENT_END', '', 'ai.chaukas.agent.end'],
    ['AGENT_HANDOFF', '*', 'ai.chaukas.agent.handoff'],
    ['MODEL_INVOCATION_START', '*', 'dev.ossa.turn.started'],
    ['MODEL_INVOCATION_END', 'COMPLETED', 'dev.ossa.turn.completed'],
    ['MODEL_INVOCATION_END', '', 'ai.chaukas.model.invocation.end'],
    ['TOOL_CALL_START', '*', 'dev.ossa.tool.called'],
    ['TOOL_CALL_END', 'COMPLETED', 'dev.ossa.tool.completed'],
    ['TOOL_CALL_END', 'FAILED', 'dev.ossa.tool.failed'],
    ['TOOL_CALL_END', '', 'ai.chaukas.tool.call.end'],
    ['MCP_CALL_START', '*', 'ai.chaukas.mcp.call.start'],
    ['MCP_CALL_END', '*', 'ai.chaukas.mcp.call.end'],
    ['INPUT_RECEIVED', '*', 'ai.chaukas.input.received'],
    ['OUTPUT_EMITTED', '*', 'ai.chaukas.output.emitted'],
    ['ERROR', '*', 'ai.chaukas.error'],
    ['RETRY', '*', 'ai.chaukas.retry'],
    ['POLICY_DECISION', '*', 'ai.chaukas.policy.decision'],
    ['DATA_ACCESS', '*', 'ai.chaukas.data.access'],
    ['STATE_UPDATE', '*', 'dev.ossa.state.updated'],
    ['SYSTEM', '*', 'ai.chaukas.system'],
  ] as const;

  test.each(EVENT_TYPES)('of %s follows from its status', (type) => {
    const rows = TYPES.filter(([name]) => `EVENT_TYPE_${name}` === type);
    for (const status of STATUSES) {
      const expected =
        rows.find(([, only]) => only === status || only === '*') ?? rows.find(([, only]) => only === '');
      const event = { ...EVENT, type, status: `EVENT_STATUS_${status}` } as ChaukasEvent;
      expect([status, toCloudEvent(event).type]).toEqual([status, expected?.[2]]);
    }
  });

  test('covers every OSSA type', () => {
    const types: readonly string[] = TYPES.map(([, , type]) => type);
    expect(Object.values(OSSA_EVENT_TYPES).filter((type) => !types.includes(type))).toEqual([]);
  });

  test.each([
    [77, 'ai.chaukas.77'],
    ['toString', 'ai.chaukas.tostring'],
    ['EVENT_TYPE_Über-alles', 'ai.chaukas.ber.alles'],
  ])('of the foreign type %j is %s', (type, expected) => {
    expect(toCloudEvent({ ...EVENT, type } as ChaukasEvent).type).toBe(expected);
  });
});

describe('An attribute of a CloudEvent', () => {
  test.each([
    ['is left out for a time that is not RFC 3339', { timestamp: 'yesterday' }, 'time', undefined],
    ['is left out for a day that does not exist', { timestamp: '2026-13-14T10:26:53Z' }, 'time', undefined],
    [
      'keeps the offset of a time',
      { timestamp: '2026-03-14T10:26:53+01:00' },
      'time',
      '2026-03-14T10:26:53+01:00',
    ],
    ['is left out for an invalid trace id', { trace_id: 'abc' }, 'traceparent', undefined],
    ['is left out for a trace id of zeros', { trace_id: '0'.repeat(32) }, 'traceparent', undefined],
    ['is left out for a span id of zeros', { span_id: '0'.repeat(16) }, 'traceparent', undefined],
    ['is left out for an empty agent id', { agent_id: '' }, 'ossaagentid', undefined],
    ['is the name of an agent without an id', { agent_id: undefined, agent_name: 'Ann' }, 'subject', 'Ann'],
    ['percent-encodes control characters', { session_id: 'a\nb\u0085c' }, 'partitionkey', 'a%0Ab%C2%85c'],
    ['percent-encodes noncharacters', { session_id: 'a\u{1ffff}' }, 'partitionkey', 'a%F0%9F%BF%BF'],
    ['replaces a lone surrogate', { session_id: 'a\ud800' }, 'partitionkey', 'a%EF%BF%BD'],
    ['keeps characters beyond the basic plane', { session_id: '🙂' }, 'partitionkey', '🙂'],
  ])('%s', (_, members, attribute, value) => {
    expect(toCloudEvent({ ...EVENT, ...members } as ChaukasEvent)[attribute]).toBe(value);
  });
});

it('uses attribute names that CloudEvents allows', () => {
  for (const name of Object.keys(toCloudEvent(EVENT))) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
});

describe('fromCloudEvent', () => {
  test('returns the event of each type', () => {
    const lines = readFileSync(new URL('../cli/every-type.jsonl', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n');
    for (const line of lines) {
      const event = JSON.parse(line);
      expect(fromCloudEvent(toCloudEvent(event))).toBe(event);
    }
  });

  test('accepts an id that had to be encoded', () => {
    const event = { ...EVENT, event_id: 'a\nb' };
    expect(fromCloudEvent(toCloudEvent(event))).toBe(event);
  });

  test.each([
    [[], 'not a CloudEvent: an empty array'],
    [
      { ...toCloudEvent(EVENT), specversion: '0.3' },
      `not a CloudEvent of version 1.0: "specversion" is '0.3'`,
    ],
    [{ ...toCloudEvent(EVENT), id: '' }, `not a CloudEvent: "id" is ''; it must be a non-empty string`],
    [{ ...toCloudEvent(EVENT), source: 1 }, 'not a CloudEvent: "source" is 1; it must be a non-empty string'],
    [
      { ...toCloudEvent(EVENT), data: null },
      'the data of the CloudEvent is not an audit event: it has no "event_id"',
    ],
    [
      { ...toCloudEvent(EVENT), id: 'other' },
      `the CloudEvent 'other' has an audit event of another id, '01931f2a-7c00-7000-8000-000000000001'`,
    ],
  ])('refuses %j', (value, message) => {
    expect(() => fromCloudEvent(value)).toThrow(message);
  });
});
