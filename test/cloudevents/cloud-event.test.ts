import { describe, expect, it, test } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { toCloudEvent } from '../../src/cloudevents/cloud-event.js';

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
  expect(toCloudEvent(EVENT)).toEqual({
    specversion: '1.0',
    id: '01931f2a-7c00-7000-8000-000000000001',
    source: '/chaukas/acme/shop%2Feu',
    type: 'chaukas.spec.common.v1.AGENT_START',
    time: '2026-03-14T09:26:53.123Z',
    subject: 'sessions/order%201042/spans/00f067aa0ba902b7',
    datacontenttype: 'application/json',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    partitionkey: 'order 1042',
    sessionid: 'order 1042',
    tenantid: 'acme',
    projectid: 'shop/eu',
    agentid: 'triage',
    severity: 'info',
    data: EVENT,
  });
});

test('toCloudEvent accepts a source and a schema', () => {
  const options = { source: 'https://shop.example/support', dataschema: 'https://shop.example/event.json' };
  expect(toCloudEvent(EVENT, options)).toMatchObject(options);
});

it('leaves out attributes that the event does not have', () => {
  const bare = { event_id: '1', type: 'EVENT_TYPE_OF_TOMORROW' } as unknown as ChaukasEvent;
  expect(toCloudEvent(bare)).toEqual({
    specversion: '1.0',
    id: '1',
    source: '/chaukas',
    type: 'chaukas.spec.common.v1.OF_TOMORROW',
    datacontenttype: 'application/json',
    data: bare,
  });
});

describe('An attribute of a CloudEvent', () => {
  test.each([
    ['is left out for a time that is not RFC 3339', { timestamp: 'yesterday' }, 'time', undefined],
    [
      'keeps the offset of a time',
      { timestamp: '2026-03-14T10:26:53+01:00' },
      'time',
      '2026-03-14T10:26:53+01:00',
    ],
    ['is left out for an invalid trace id', { trace_id: 'abc' }, 'traceparent', undefined],
    ['is left out for a trace id of zeros', { trace_id: '0'.repeat(32) }, 'traceparent', undefined],
    ['is left out for a span id of zeros', { span_id: '0'.repeat(16) }, 'traceparent', undefined],
    ['is left out for an empty agent id', { agent_id: '' }, 'agentid', undefined],
    ['percent-encodes control characters', { session_id: 'a\nb\u0085c' }, 'sessionid', 'a%0Ab%C2%85c'],
    [
      'replaces a lone surrogate',
      { session_id: 'a\ud800' },
      'subject',
      'sessions/a%EF%BF%BD/spans/00f067aa0ba902b7',
    ],
    ['keeps characters beyond the basic plane', { session_id: '🙂' }, 'sessionid', '🙂'],
  ])('%s', (_, members, attribute, value) => {
    const cloudEvent: Readonly<Record<string, unknown>> = { ...toCloudEvent({ ...EVENT, ...members }) };
    expect(cloudEvent[attribute]).toBe(value);
  });
});

it('uses attribute names that CloudEvents allows', () => {
  for (const name of Object.keys(toCloudEvent(EVENT))) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
});
