import { describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { EventFormatError, eventFromJson, eventToJson, verifyEvents } from '../../../src/chaukas/index.js';
import { problemOf } from './problem-of.js';
import { SAMPLE } from './sample-event.js';

describe('eventToJson', () => {
  it('writes one line in canonical order', () => {
    expect(eventToJson(SAMPLE)).toBe(
      '{"author":"AUTHOR_TOOL","event_id":"019ab000-0000-7000-8000-000000000001","hash_prev":"",' +
        '"is_final":false,"session_id":"session-1","severity":"SEVERITY_INFO","span_id":"b7ad6b7169203331",' +
        '"status":"EVENT_STATUS_COMPLETED","tags":["a","b"],"timestamp":"2026-11-21T18:00:00.123456Z",' +
        '"tool_response":{"execution_time_ms":0,"http_status":200,"output":{"output":["12345678901234567890",null,"\\n"]},' +
        '"tool_call_id":"call_1"},"trace_id":"0af7651916cd43dd8448eb211c80319c","type":"EVENT_TYPE_TOOL_CALL_END"}',
    );
  });

  it.each<[what: string, members: object, expected: object]>([
    ['members that are undefined', { branch: undefined, cost: { currency: undefined } }, { cost: {} }],
    ['members that are null', { branch: null, cost: { currency: null } }, { cost: {} }],
    [
      'empty lists',
      { tags: [], data_access: { document_ids: [], chunk_ids: ['c'] } },
      { data_access: { chunk_ids: ['c'] } },
    ],
    ['empty messages and structs, which are set', { cost: {}, metadata: {} }, { cost: {}, metadata: {} }],
    [
      'zeros, which are set',
      { branch: '', is_partial: false, retry: { backoff_ms: 0 } },
      { branch: '', is_partial: false, retry: { backoff_ms: 0 } },
    ],
    [
      'counts that are not integers',
      { retry: { attempt: 1.5, backoff_ms: 1e12 }, cost: { total_tokens: Number.NaN } },
      { retry: { attempt: 2, backoff_ms: 2_147_483_647 }, cost: {} },
    ],
    [
      'numbers that JSON does not have',
      { performance: { cpu_percent: Number.NaN, throughput: Number.POSITIVE_INFINITY } },
      { performance: { cpu_percent: 'NaN', throughput: 'Infinity' } },
    ],
    [
      'an enum without a name',
      { type: 'EVENT_TYPE_77', status: 'EVENT_STATUS_-5' },
      { type: 77, status: -5 },
    ],
    ['an enum of a newer specification', { type: 'EVENT_TYPE_DREAM' }, { type: 'EVENT_TYPE_DREAM' }],
    [
      'fields of a newer specification',
      { mood: null, retry: { jitter: [1] } },
      { mood: null, retry: { jitter: [1] } },
    ],
    [
      'a message in an extension',
      { extensions: [{ '@type': 'x/chaukas.spec.common.v1.RetryInfo', attempt: 2.2 }] },
      { extensions: [{ '@type': 'x/chaukas.spec.common.v1.RetryInfo', attempt: 2 }] },
    ],
  ])('%s', (_what, members, expected) => {
    expect(JSON.parse(eventToJson(members as ChaukasEvent))).toStrictEqual(expected);
  });

  it('refuses two contents', () => {
    expect(problemOf(() => eventToJson({ ...SAMPLE, tool_call: {} }))).toBe(
      'event.tool_response is set together with "tool_call"; an event has at most one content',
    );
  });
});

describe('eventFromJson', () => {
  it('reads a line, and its parsed value', () => {
    const line = eventToJson(SAMPLE);
    expect(eventFromJson(line)).toStrictEqual(SAMPLE);
    expect(eventFromJson(JSON.parse(line))).toStrictEqual(SAMPLE);
  });

  it.each<[what: string, json: object, expected: object]>([
    [
      'names in camelCase',
      { eventId: 'e', toolCall: { authRequired: true } },
      { event_id: 'e', tool_call: { auth_required: true } },
    ],
    ['names inside a struct, unchanged', { metadata: { eventId: 1 } }, { metadata: { eventId: 1 } }],
    [
      'enums by number',
      { type: 10, status: 3, severity: 0 },
      { type: 'EVENT_TYPE_AGENT_START', status: 'EVENT_STATUS_COMPLETED', severity: 'SEVERITY_UNSPECIFIED' },
    ],
    [
      'enums of a newer specification',
      { type: 77, author: 'AUTHOR_ROBOT', status: -1 },
      { type: 'EVENT_TYPE_77', author: 'AUTHOR_ROBOT', status: 'EVENT_STATUS_-1' },
    ],
    [
      'a number as the name of an enum',
      { type: 'EVENT_TYPE_10', status: 'EVENT_STATUS_77' },
      { type: 'EVENT_TYPE_AGENT_START', status: 'EVENT_STATUS_77' },
    ],
    [
      'numbers as strings',
      { retry: { attempt: '2', backoff_ms: '1e3' }, cost: { total_cost: '-0.5' } },
      { retry: { attempt: 2, backoff_ms: 1000 }, cost: { total_cost: -0.5 } },
    ],
    ['integers with a decimal point', JSON.parse('{"retry":{"attempt":2.0}}'), { retry: { attempt: 2 } }],
    [
      'numbers that JSON does not have',
      { cost: { total_cost: 'NaN', input_cost: '-Infinity' } },
      { cost: { total_cost: Number.NaN, input_cost: Number.NEGATIVE_INFINITY } },
    ],
    [
      'null as unset',
      { branch: null, tags: null, message: null, metadata: null, cost: { currency: null } },
      { cost: {} },
    ],
    [
      'null inside a struct as null',
      { metadata: { a: null, b: [null] } },
      { metadata: { a: null, b: [null] } },
    ],
    [
      'a null content together with another',
      { message: null, error: { error_code: 'x' } },
      { error: { error_code: 'x' } },
    ],
    ['empty lists as unset', { tags: [], extensions: [] }, {}],
    [
      'fields of a newer specification',
      { mood: { is: ['good', null] }, message: { tone: null } },
      { mood: { is: ['good', null] }, message: { tone: null } },
    ],
    [
      'times, unchanged',
      { timestamp: '2026-11-21T18:00:00.100000+01:00' },
      { timestamp: '2026-11-21T18:00:00.100000+01:00' },
    ],
    [
      'an extension of a known type',
      { extensions: [{ '@type': 'a/chaukas.spec.common.v1.RetryInfo', backoffMs: '5' }] },
      { extensions: [{ '@type': 'a/chaukas.spec.common.v1.RetryInfo', backoff_ms: 5 }] },
    ],
    [
      'an extension of an unknown type',
      { extensions: [{ '@type': 'a/b.C', x: [1] }, {}] },
      { extensions: [{ '@type': 'a/b.C', x: [1] }, {}] },
    ],
    ['an empty object', {}, {}],
  ])('%s', (_what, json, expected) => {
    expect(eventFromJson(json)).toStrictEqual(expected);
    expect(eventFromJson(JSON.stringify(json))).toStrictEqual(expected);
  });

  it('keeps a key `__proto__` in an event and in a struct', () => {
    const line = '{"__proto__":{"x":1},"metadata":{"__proto__":{"admin":true}}}';
    const read = eventFromJson(line);
    expect((read as { x?: unknown }).x).toBeUndefined();
    expect((read.metadata as { admin?: unknown }).admin).toBeUndefined();
    expect(eventToJson(read)).toBe(line);
  });

  const deep = JSON.parse(`${'{"a":'.repeat(600)}1${'}'.repeat(600)}`);

  it.each<[what: string, json: unknown, problem: string]>([
    [
      'not an object',
      '5',
      'event is 5; it must be an object with the fields of chaukas.spec.common.v1.Event',
    ],
    ['null', null, 'event is null; it must be an object with the fields of chaukas.spec.common.v1.Event'],
    [
      'an array',
      [],
      'event is an empty array; it must be an object with the fields of chaukas.spec.common.v1.Event',
    ],
    ['not a string', { event_id: 5 }, 'event.event_id is 5; it must be a string'],
    ['not a boolean', { is_final: 'true' }, "event.is_final is 'true'; it must be true or false"],
    [
      'a name without its prefix',
      { type: 'AGENT_START' },
      "event.type is 'AGENT_START'; it must be a name that begins with EVENT_TYPE_, or its number",
    ],
    [
      'a prefix alone',
      { status: 'EVENT_STATUS_' },
      "event.status is 'EVENT_STATUS_'; it must be a name that begins with EVENT_STATUS_, or its number",
    ],
    [
      'a fraction as an enum',
      { author: 1.5 },
      'event.author is 1.5; it must be a name that begins with AUTHOR_, or its number',
    ],
    [
      'a fraction as a count',
      { llm_invocation: { prompt_tokens: 1.5 } },
      'event.llm_invocation.prompt_tokens is 1.5; it must be a 32-bit integer',
    ],
    [
      'a count that is too large',
      { llm_invocation: { prompt_tokens: 2_147_483_648 } },
      'event.llm_invocation.prompt_tokens is 2147483648; it must be a 32-bit integer',
    ],
    [
      'a count that is not a number',
      { llmInvocation: { promptTokens: 'many' } },
      "event.llmInvocation.promptTokens is 'many'; it must be a 32-bit integer",
    ],
    ['not a number', { cost: { total_cost: '' } }, "event.cost.total_cost is ''; it must be a number"],
    [
      'a hexadecimal number',
      { cost: { total_cost: '0x10' } },
      "event.cost.total_cost is '0x10'; it must be a number",
    ],
    [
      'a number beyond the range of a double',
      { cost: { total_cost: '1e400' } },
      "event.cost.total_cost is '1e400'; it must be a number",
    ],
    [
      'not a time',
      { timestamp: 'now' },
      "event.timestamp is 'now'; it must be a time such as '2026-11-21T18:00:00.123Z'",
    ],
    [
      'a time as a number',
      { timestamp: 1 },
      "event.timestamp is 1; it must be a time such as '2026-11-21T18:00:00.123Z'",
    ],
    ['not a list', { tags: 'a,b' }, "event.tags is 'a,b'; it must be an array"],
    ['a wrong item', { tags: ['a', 5] }, 'event.tags[1] is 5; it must be a string'],
    ['a null item', { tags: ['a', null] }, 'event.tags[1] is null; it must be an item other than null'],
    ['not a struct', { metadata: [1] }, 'event.metadata is [1]; it must be an object'],
    [
      'a struct that JSON cannot carry',
      { metadata: { a: [1, { b: 1n }] } },
      'event.metadata.a[1].b is 1n; it must be a value that JSON can carry',
    ],
    [
      'NaN in a struct',
      { metadata: { a: Number.NaN } },
      'event.metadata.a is NaN; it must be a value that JSON can carry',
    ],
    [
      'a struct that is nested too deep',
      { metadata: deep },
      `event.metadata${'.a'.repeat(501)} is nested deeper than 500 levels`,
    ],
    [
      'not a message',
      { cost: 'much' },
      "event.cost is 'much'; it must be an object with the fields of chaukas.spec.common.v1.CostDetails",
    ],
    [
      'a field under both of its names',
      { event_id: 'a', eventId: 'b' },
      'event.eventId is set together with "event_id", which is the same field',
    ],
    [
      'two contents',
      { message: {}, error: {} },
      'event.error is set together with "message"; an event has at most one content',
    ],
    [
      'an extension without a type',
      { extensions: [{ a: 1 }] },
      'event.extensions[0].@type is undefined; it must be the URL of a type',
    ],
    [
      'a wrong member of an extension',
      { extensions: [{ '@type': 'a/chaukas.spec.common.v1.RetryInfo', attempt: 'x' }] },
      "event.extensions[0].attempt is 'x'; it must be a 32-bit integer",
    ],
  ])('%s throws an error with the place and the problem', (_what, json, problem) => {
    expect(problemOf(() => eventFromJson(json))).toBe(problem);
  });

  it.each(['', '{"event_id": ', 'AGENT_START'])('%j is not JSON', (text) => {
    expect(problemOf(() => eventFromJson(text))).toMatch(/^event is not JSON: ./);
  });

  it('throws an EventFormatError, which is a TypeError', () => {
    const error = new EventFormatError('event.type', 'is wrong');
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      name: 'EventFormatError',
      message: 'opentelemetry-instrumentation-openai-agents: event.type is wrong',
      path: 'event.type',
      problem: 'is wrong',
    });
  });
});

describe('A line of the published Python SDK (chaukas-sdk)', () => {
  // Its file mode writes `MessageToDict()` of the event, and `datetime.utcnow().isoformat()` as the time.
  const line = (timestamp: string) =>
    JSON.stringify({
      event_id: '019ab000-0000-7000-8000-000000000001',
      session_id: 's',
      trace_id: 't',
      span_id: 'p',
      type: 'EVENT_TYPE_MODEL_INVOCATION_END',
      status: 'EVENT_STATUS_COMPLETED',
      severity: 'SEVERITY_INFO',
      author: 'AUTHOR_LLM',
      llm_invocation: { provider: 'openai', model: 'gpt-5', prompt_tokens: 3, temperature: 0.0 },
      metadata: { turn: 1.0 },
      timestamp,
    });

  it.each([
    ['2026-11-21T18:00:00.123456', '2026-11-21T18:00:00.123456Z'],
    // `isoformat()` leaves out microseconds of zero.
    ['2026-11-21T18:00:00', '2026-11-21T18:00:00Z'],
  ])('of %s is read as UTC', async (written, utc) => {
    expect(eventFromJson(line(written)).timestamp).toBe(utc);
    const report = await verifyEvents([line(written)]);
    expect(report.events).toBe(1);
    expect(report.findings.map(({ code }) => code)).not.toContain('invalid_timestamp');
    expect(report.findings.map(({ code }) => code)).not.toContain('unreadable_line');
  });
});
