import { describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import {
  batchFromRestJson,
  batchToRestJson,
  eventFromRestJson,
  eventToRestJson,
} from '../../../src/chaukas/index.js';
import { problemOf } from './problem-of.js';
import { SAMPLE } from './sample-event.js';

const { tool_response, ...WITHOUT_CONTENT } = SAMPLE;
const REST_WITHOUT_CONTENT = {
  ...WITHOUT_CONTENT,
  type: 'TOOL_CALL_END',
  status: 'COMPLETED',
  severity: 'INFO',
  author: 'TOOL',
};

const FORMS: [what: string, content: object, rest: object][] = [
  ['no content', {}, {}],
  ['message', { message: { text: 'hi' } }, { content: { kind: 'message', text: 'hi' } }],
  [
    'tool_call',
    { tool_call: { name: 'f', arguments: { a: 1 } } },
    { content: { kind: 'tool_call', name: 'f', arguments: { a: 1 } } },
  ],
  ['tool_response', { tool_response }, { content: { kind: 'tool_response', ...tool_response } }],
  [
    'llm_invocation',
    { llm_invocation: { prompt_tokens: 0 } },
    { content: { kind: 'llm_invocation', provider: '', model: '', prompt_tokens: 0 } },
  ],
  [
    'policy',
    { policy: { outcome: 'deny' } },
    { content: { kind: 'policy_decision', policy_id: '', outcome: 'deny' } },
  ],
  [
    'data_access',
    { data_access: { chunk_ids: ['c'] } },
    { content: { kind: 'data_access', datasource: '', chunk_ids: ['c'] } },
  ],
  [
    'error',
    { error: { recoverable: false } },
    { content: { kind: 'error_info', error_message: '', recoverable: false } },
  ],
  [
    'agent_handoff',
    { agent_handoff: {} },
    { content: { kind: 'agent_handoff', from_agent_id: '', to_agent_id: '' } },
  ],
  [
    'mcp_call',
    { mcp_call: { method: 'm' } },
    { content: { kind: 'mcp_call', server_name: '', operation: '', method: 'm' } },
  ],
  [
    'state_update, which has no kind',
    { state_update: { kind: 'order', state_update: 1 } },
    { state_update: { kind: 'order', state_update: 1 } },
  ],
  [
    'content of a newer specification',
    { content: { kind: 'dream', of: 'sheep' } },
    { content: { kind: 'dream', of: 'sheep' } },
  ],
  ['enums of a newer specification', { type: 'EVENT_TYPE_DREAM' }, { type: 'DREAM' }],
  ['enums without a name', { type: 'EVENT_TYPE_77' }, { type: 77 }],
];

describe('the REST form of an event', () => {
  it.each(FORMS)('%s', (_what, content, rest) => {
    const event = { ...WITHOUT_CONTENT, ...content } as ChaukasEvent;
    expect(JSON.parse(eventToRestJson(event))).toStrictEqual({ ...REST_WITHOUT_CONTENT, ...rest });
    expect(eventFromRestJson({ ...REST_WITHOUT_CONTENT, ...rest })).toStrictEqual(event);
    expect(eventFromRestJson(eventToRestJson(event))).toStrictEqual(event);
  });

  it('does not change the event', () => {
    const event = structuredClone(SAMPLE);
    eventToRestJson(event);
    expect(event).toStrictEqual(SAMPLE);
  });

  it.each<[what: string, changes: object, expected: object]>([
    ['names with their prefix', { type: 'EVENT_TYPE_TOOL_CALL_END', author: 'AUTHOR_TOOL' }, {}],
    ['numbers of enums', { type: 23, author: 3 }, {}],
    ['null as unset', { content: null, branch: null }, {}],
    [
      'numbers as strings in the content',
      { content: { kind: 'tool_response', http_status: '200' } },
      { tool_response: { http_status: 200 } },
    ],
    ['empty required members as unset', { content: { kind: 'tool_call', name: '' } }, { tool_call: {} }],
  ])('is read with %s', (_what, changes, expected) => {
    expect(eventFromRestJson({ ...REST_WITHOUT_CONTENT, ...changes })).toStrictEqual({
      ...WITHOUT_CONTENT,
      ...expected,
    });
  });

  const required = ['event_id', 'type', 'status', 'timestamp', 'session_id'];

  it.each(required)('requires %s', (field) => {
    const { [field]: _, ...rest } = REST_WITHOUT_CONTENT as Record<string, unknown>;
    const problem = `event.${field} is missing; this form requires it`;
    expect(problemOf(() => eventFromRestJson(rest))).toBe(problem);
    expect(problemOf(() => eventFromRestJson({ ...rest, [field]: null }))).toBe(problem);
  });

  it('requires no other field', () => {
    const rest = Object.fromEntries(
      Object.entries(REST_WITHOUT_CONTENT).filter(([name]) => required.includes(name)),
    );
    expect(eventToRestJson(eventFromRestJson(rest))).toBe(
      '{"event_id":"019ab000-0000-7000-8000-000000000001","session_id":"session-1","status":"COMPLETED",' +
        '"timestamp":"2026-11-21T18:00:00.123456Z","type":"TOOL_CALL_END"}',
    );
  });

  it.each<[what: string, json: unknown, problem: string]>([
    ['not an object', 5, 'event is 5; it must be an object with the fields of an event'],
    [
      'content without a kind',
      { ...REST_WITHOUT_CONTENT, content: {} },
      'event.content is an object; it must be an object with "kind"',
    ],
    [
      'content that is not an object',
      { ...REST_WITHOUT_CONTENT, content: 'x' },
      `event.content is 'x'; it must be an object with "kind"`,
    ],
    [
      'a wrong member of the content',
      { ...REST_WITHOUT_CONTENT, content: { kind: 'error_info', recoverable: 1 } },
      'event.error.recoverable is 1; it must be true or false',
    ],
    [
      'content together with a content member of proto JSON',
      { ...REST_WITHOUT_CONTENT, content: { kind: 'error_info' }, message: {} },
      'event.error is set together with "message"; an event has at most one content',
    ],
    [
      'not a time',
      { ...REST_WITHOUT_CONTENT, timestamp: 'now' },
      "event.timestamp is 'now'; it must be a time such as '2026-11-21T18:00:00.123Z'",
    ],
    [
      'an empty type',
      { ...REST_WITHOUT_CONTENT, type: '' },
      "event.type is ''; it must be a name that begins with EVENT_TYPE_, or its number",
    ],
  ])('%s throws an error with the place and the problem', (_what, json, problem) => {
    expect(problemOf(() => eventFromRestJson(json))).toBe(problem);
  });

  it.each<[what: string, event: object, problem: string]>([
    [
      'two contents',
      { ...SAMPLE, error: {} },
      'event.tool_response is set together with "error"; an event has at most one content',
    ],
    [
      'a known content together with one of a newer specification',
      { ...SAMPLE, content: { kind: 'dream' } },
      'event.tool_response is set together with "content"',
    ],
    [
      'a field of a newer specification with the name of the kind',
      { ...WITHOUT_CONTENT, error: { kind: 'x' } },
      'event.error has a member "kind"',
    ],
  ])('%s cannot be written', (_what, event, problem) => {
    expect(problemOf(() => eventToRestJson(event as ChaukasEvent))).toBe(problem);
  });
});

describe('the REST form of a batch', () => {
  it('has its events in the REST form', () => {
    const batch = { batch_id: 'b-1', events: [SAMPLE, WITHOUT_CONTENT as ChaukasEvent], total_tokens: 3 };
    expect(JSON.parse(batchToRestJson(batch))).toStrictEqual({
      batch_id: 'b-1',
      events: [
        { ...REST_WITHOUT_CONTENT, content: { kind: 'tool_response', ...tool_response } },
        REST_WITHOUT_CONTENT,
      ],
      total_tokens: 3,
    });
    expect(batchFromRestJson(batchToRestJson(batch))).toStrictEqual(batch);
    expect(batchFromRestJson(batchToRestJson([SAMPLE]))).toStrictEqual({ events: [SAMPLE] });
    expect(batchToRestJson([])).toBe('{"events":[]}');
    expect(batchFromRestJson('{"events":[]}')).toStrictEqual({ events: [] });
  });

  it.each<[what: string, json: unknown, problem: string]>([
    ['not a JSON object', '[]', 'batch is an empty array; it must be an object with "events"'],
    ['without events', { batch_id: 'b' }, 'batch.events is undefined; it must be an array of events'],
    [
      'a wrong event',
      { events: [REST_WITHOUT_CONTENT, { type: 'X' }] },
      'batch.events[1].event_id is missing; this form requires it',
    ],
    [
      'a wrong value of an event',
      { events: [{ ...REST_WITHOUT_CONTENT, branch: 5 }] },
      'batch.events[0].branch is 5; it must be a string',
    ],
    [
      'a wrong value of the batch',
      { events: [], total_tokens: 0.5 },
      'batch.total_tokens is 0.5; it must be a 32-bit integer',
    ],
  ])('%s throws an error with the place and the problem', (_what, json, problem) => {
    expect(problemOf(() => batchFromRestJson(json))).toBe(problem);
  });
});
