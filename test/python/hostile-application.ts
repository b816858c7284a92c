import type { Attributes, AttributeValue, HrTime, TimeInput } from '@opentelemetry/api';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  recordDataAccess,
  recordPolicyDecision,
  recordStateUpdate,
  recordSystemEvent,
  withSession,
} from '../../src/index.js';

/** Values at the edges of what JSON, protobuf and RFC 8785 have in common, by name. */
const VALUES: Readonly<Record<string, unknown>> = {
  minusZero: -0,
  large: 1e21,
  largeInteger: 1e20,
  largest: Number.MAX_VALUE,
  smallest: 5e-324,
  beyondSafe: 2 ** 53 + 2,
  uint64: 2 ** 64,
  int64: -(2 ** 63),
  beyondInt32: 2 ** 31,
  third: 1 / 3,
  sum: 0.1 + 0.2,
  notANumber: Number.NaN,
  infinite: Number.NEGATIVE_INFINITY,
  bigint: 12_345_678_901_234_567_890n,
  halfPair: 'a\ud800b',
  controls: '\0\u0001\u001f\u007f\u0080\u2028\u2029',
  emoji: '😀',
  tags: '\u{E0041}',
  byteOrderMark: '\ufeff',
  decomposed: 'e\u0301',
  empty: '',
  zero: 0,
  no: false,
  nothing: null,
  emptyList: [],
  emptyObject: {},
  empties: ['', 0, false, null, [], {}, [[]], [{}]],
  nestedEmpties: { '': '', a: { b: {}, hash_prev: '', tags: [] } },
  date: new Date(0),
  bytes: Buffer.from('x'),
  undefined: undefined,
  constructor: 'c',
  '\ud800name': 1,
  é: 1,
  '😀': 2,
  '\ufb33': 3,
  '1': 'one',
  '10': 'ten',
  '9': 'nine',
  '@type': 'type.googleapis.com/google.protobuf.Struct',
  value: { fields: {} },
  deep: nested(60),
  long: 'ü'.repeat(50_000),
  ...JSON.parse('{"__proto__":{"x":1}}'),
};

const NUMBERS = [
  -0,
  0,
  12.5,
  0.1,
  1e-7,
  5e-324,
  1e12,
  1e21,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53,
  Number.MAX_VALUE,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];

const TIMES: readonly TimeInput[] = [
  new Date(0),
  new Date(-1),
  1.5,
  [1, 1],
  [1, 1_000],
  [1, 123_456_789],
  [1, 120_000_000],
  [1_700_000_000, 1_000_000],
  [253_402_300_799, 999_999_999],
  [253_402_300_800, 0] satisfies HrTime,
];

const JSON_TEXTS = [
  '{}',
  '[]',
  '0',
  '-0',
  '""',
  'null',
  'false',
  '1e400',
  '{',
  '{"a":-0,"b":12345678901234567890,"c":1.0,"d":1e2,"__proto__":1}',
  '{"a":1,"a":2}',
  '{"\\ud800":"\\udfff"}',
  '{"10":1,"9":2,"é":3,"😀":4,"\ufb33":5}',
  '{"w":1e21,"x":100000000000000000000,"y":1e-7,"z":123456789012345680000}',
  JSON.stringify(nested(31)),
  JSON.stringify(nested(200)),
  `${'['.repeat(60)}${']'.repeat(60)}`,
];

function nested(levels: number): object {
  let value: object = {};
  for (let level = 1; level < levels; level += 1) value = { a: value };
  return value;
}

/** Plays an application, and a library that makes spans of its own, with every hostile value in every place. */
export function playHostileApplication(): void {
  for (const id of ['s', 'half \ud800', ' ']) {
    withSession({ id, name: '\udfff', metadata: VALUES }, () => {
      for (const time of TIMES) modelCall({ 'gen_ai.request.model': '', 'gen_ai.provider.name': '' }, time);
      for (const number of NUMBERS) modelCall(numbersOfCall(number));
      for (const text of JSON_TEXTS) {
        modelCall(textsOfCall(text));
        toolCall(text);
      }
      agent();
    });
  }
}

function modelCall(attributes: Attributes, time?: TimeInput): void {
  const span = trace.getTracer('library').startSpan('chat', {
    kind: SpanKind.CLIENT,
    ...(time !== undefined && { startTime: time }),
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      ...attributes,
    },
  });
  span.addEvent('openai_agents.request.retry', {
    'openai_agents.request.retry.attempt': Number(attributes['gen_ai.request.seed'] ?? 1),
    'openai_agents.request.retry.backoff': Number(attributes['gen_ai.request.seed'] ?? 0),
  });
  span.end(time);
}

function numbersOfCall(number: number): Attributes {
  const names = [
    'gen_ai.request.seed',
    'gen_ai.request.temperature',
    'gen_ai.request.top_p',
    'gen_ai.request.max_tokens',
    'gen_ai.request.frequency_penalty',
    'gen_ai.request.presence_penalty',
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.response.time_to_first_chunk',
    'openai_agents.usage.cost',
  ];
  return Object.fromEntries(names.map((name): [string, AttributeValue] => [name, number]));
}

function textsOfCall(text: string): Attributes {
  return {
    'gen_ai.request.model': text,
    'gen_ai.response.id': 'r\ud800',
    'gen_ai.response.finish_reasons': [text, ''],
    'gen_ai.response.model': '\udfff',
    'gen_ai.input.messages': `[{"role":"user","parts":[{"type":"tool_call","arguments":${text}}]}]`,
    'gen_ai.output.messages': `[{"role":"\\ud800","parts":[{"type":"text","content":${JSON.stringify(text)}}]}]`,
    'gen_ai.tool.definitions': `[{"type":"function","parameters":${text}}]`,
  };
}

function toolCall(text: string): void {
  const span = trace.getTracer('library').startSpan('execute_tool x', {
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': text,
      'gen_ai.tool.call.id': 'call \ud800',
      'gen_ai.tool.call.arguments': text,
      'gen_ai.tool.call.result': text,
    },
  });
  if (text === '{') {
    span.recordException(new Error(''));
    span.setStatus({ code: SpanStatusCode.ERROR, message: '' });
  }
  span.end();
}

function agent(): void {
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': '',
    'gen_ai.agent.id': '\ud800',
  };
  trace.getTracer('library').startActiveSpan('invoke_agent', { attributes }, (span) => {
    recordStateUpdate({ state: VALUES });
    for (const [name, value] of Object.entries(VALUES)) recordStateUpdate({ state: { [name]: value } });
    recordDataAccess({
      datasource: 'x\ud800',
      documentIds: [],
      chunkIds: ['', '\udfff'],
      piiCategories: ['\ud800'],
      metadata: VALUES,
    });
    recordPolicyDecision({ policyId: 'p', outcome: 'allow', ruleIds: [], rationale: '', metadata: VALUES });
    recordPolicyDecision({
      policyId: '\ud800',
      outcome: 'deny',
      ruleIds: ['', '\udc00'],
      rationale: '\ud83d',
      approver: { id: '\ud800' },
    });
    recordSystemEvent({ message: '\ud800', metadata: VALUES });
    span.end();
  });
}
