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

test('an event', () => {
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

test('source and schema may be given', () => {
  const options = { source: 'https://shop.example/support', dataschema: 'https://shop.example/event.json' };
  expect(toCloudEvent(EVENT, options)).toMatchObject(options);
});

it('leaves out what the event does not have', () => {
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

describe('what is no attribute', () => {
  test.each([
    ['a time that is none', { timestamp: 'yesterday' }, 'time', undefined],
    [
      'a time with an offset',
      { timestamp: '2026-03-14T10:26:53+01:00' },
      'time',
      '2026-03-14T10:26:53+01:00',
    ],
    ['a trace id that is none', { trace_id: 'abc' }, 'traceparent', undefined],
    ['a trace id of zeros', { trace_id: '0'.repeat(32) }, 'traceparent', undefined],
    ['a span id of zeros', { span_id: '0'.repeat(16) }, 'traceparent', undefined],
    ['an empty agent', { agent_id: '' }, 'agentid', undefined],
    ['control characters', { session_id: 'a\nb\u0085c' }, 'sessionid', 'a%0Ab%C2%85c'],
    [
      'half a surrogate pair',
      { session_id: 'a\ud800' },
      'subject',
      'sessions/a%EF%BF%BD/spans/00f067aa0ba902b7',
    ],
    ['characters beyond the basic plane stay', { session_id: '🙂' }, 'sessionid', '🙂'],
  ])('%s', (_, members, attribute, value) => {
    const cloudEvent: Readonly<Record<string, unknown>> = { ...toCloudEvent({ ...EVENT, ...members }) };
    expect(cloudEvent[attribute]).toBe(value);
  });
});

it('names its attributes as CloudEvents demands', () => {
  for (const name of Object.keys(toCloudEvent(EVENT))) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
});
