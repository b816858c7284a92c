import {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  OpenAIError,
} from 'openai';
import { LengthFinishReasonError } from 'openai/error';
import { describe, expect, it } from 'vitest';
import {
  describeFailure,
  describeSpanError,
  failure,
  isCallerAbort,
  withholdMessage,
} from '../../src/semconv/failure.js';

const KEY = 'sk-proj-abcdef123456';

/** An error as the client makes it from a response. */
function apiError(status: number | undefined, error?: Record<string, unknown>): APIError {
  return APIError.generate(status, error && { error }, undefined, new Headers({ 'x-request-id': 'req_1' }));
}

class ToolError extends Error {}

function fail(): string {
  throw new Error('no');
}

const circular: Record<string, unknown> = {};
circular.cause = circular;

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable(new Error('x'), {});
  revoke();
  return proxy;
}

// Whatever is thrown, the span of the call has to end.
const UNREADABLE: [what: string, error: unknown][] = [
  [
    'that is a proxy whose traps throw',
    new Proxy(new Error('x'), {
      get() {
        throw new Error('no');
      },
    }),
  ],
  ['that is a revoked proxy', revoked()],
  ['that has no text', [Object.create(null)]],
  [
    'whose text cannot be had',
    Object.assign(() => {}, {
      toString() {
        throw new Error('no');
      },
    }),
  ],
];

describe('describeFailure', () => {
  it.each<[what: string, error: unknown, type: string, message: string]>([
    [
      'an error with a code of the provider',
      apiError(429, { code: 'rate_limit_exceeded', type: 'requests', message: 'Slow down.' }),
      'rate_limit_exceeded',
      '429 Slow down.',
    ],
    [
      'one without a code, by its class',
      apiError(400, { code: null, message: 'Bad input.' }),
      'BadRequestError',
      '400 Bad input.',
    ],
    [
      'one with an empty code',
      apiError(404, { code: '', message: 'No such model.' }),
      'NotFoundError',
      '404 No such model.',
    ],
    [
      'one with a code of a wrong type',
      apiError(422, { code: 7, message: 'No.' }),
      'UnprocessableEntityError',
      '422 No.',
    ],
    ['one without a body', apiError(500), 'InternalServerError', '500 status code (no body)'],
    [
      'one whose message is an object',
      apiError(403, { message: { why: 'no' } }),
      'PermissionDeniedError',
      '403 {"why":"no"}',
    ],
    ['one of a status without a class', apiError(418, { message: 'Teapot.' }), 'APIError', '418 Teapot.'],
    [
      'a quoted key',
      apiError(401, { code: 'invalid_api_key', message: `Incorrect API key provided: ${KEY}.` }),
      'invalid_api_key',
      '401 Incorrect API key provided: sk-[REDACTED]',
    ],
    ['no connection', apiError(undefined), 'APIConnectionError', 'Connection error.'],
    [
      'no connection, with a cause',
      new APIConnectionError({ cause: new TypeError('fetch failed') }),
      'APIConnectionError',
      'Connection error.',
    ],
    ['no answer in time', new APIConnectionTimeoutError(), 'APIConnectionTimeoutError', 'Request timed out.'],
    [
      'an error in a stream',
      new APIError(undefined, { code: 'server_error', message: 'Oops' }, undefined, undefined),
      'server_error',
      'Oops',
    ],
    ['an error of the client itself', new OpenAIError('Consumed.'), 'OpenAIError', 'Consumed.'],
    [
      'an error of a helper',
      new LengthFinishReasonError(),
      'LengthFinishReasonError',
      'Could not parse response content as the length limit was reached',
    ],
    [
      'an error of the system, by its code',
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
      'connect ECONNREFUSED',
    ],
    ['a cut connection', new TypeError('terminated'), 'TypeError', 'terminated'],
    ['an error of the application', new ToolError('No such city.'), 'ToolError', 'No such city.'],
    ['an error without a message', new RangeError(), 'RangeError', 'RangeError'],
    ['an error of a class without a name', new (class extends Error {})('anonymous'), 'Error', 'anonymous'],
    ['an object', { message: 'thrown', code: 'E' }, 'E', 'thrown'],
    ['an empty object', {}, 'Object', 'Object'],
    ['an object without a prototype', Object.create(null), 'Error', 'Error'],
    ['an object that refers to itself', circular, 'Object', 'Object'],
    [
      'an object whose members are getters, which do not run',
      Object.defineProperties({}, { code: { get: fail }, message: { get: fail } }),
      'Object',
      'Object',
    ],
    [
      'an error of a class with getters, which do not run',
      new (class Lazy extends Error {
        get code() {
          return fail();
        }
        override get name() {
          return fail();
        }
      })('late'),
      'Lazy',
      'late',
    ],
    ['a message of a wrong type', { message: { text: 'x' } }, 'Object', 'Object'],
    ['a text', 'out of paper', '_OTHER', 'out of paper'],
    ['a text with a key', `bad ${KEY}`, '_OTHER', 'bad sk-[REDACTED]'],
    ['a number', 404, '_OTHER', '404'],
    ['a BigInt', 404n, '_OTHER', '404'],
    ['a symbol', Symbol('no'), '_OTHER', 'Symbol(no)'],
    ['null', null, '_OTHER', 'null'],
    ['nothing', undefined, '_OTHER', 'undefined'],
    ['a list', ['a', 'b'], '_OTHER', 'an error that cannot be read'],
  ])('reads %s', (_what, error, type, message) => {
    expect(describeFailure(error)).toMatchObject({ type, message });
  });

  it.each(UNREADABLE)('does not throw for something %s', (_what, error) => {
    expect(describeFailure(error)).toMatchObject({ type: '_OTHER' });
  });

  it('cuts a long message', () => {
    expect(describeFailure(new Error('x'.repeat(1_000_000))).message).toBe('x'.repeat(1024));
    expect(describeFailure('x'.repeat(1_000_000)).message).toBe('x'.repeat(1024));
  });

  it('shows no key that is cut in the middle', () => {
    const before = 'x '.repeat(507);
    expect(describeFailure(new Error(before + KEY)).message).toBe(`${before}sk-[REDACT`);
    expect(describeFailure(new Error(`${before}//user:${KEY}@host`)).message).toBe(`${before}//[REDACTE`);
  });

  it('masks credentials in a type that is a text of the server', () => {
    expect(describeFailure({ code: `Bearer ${KEY} ${'x'.repeat(1000)}`, message: KEY })).toStrictEqual({
      type: `Bearer [REDACTED] ${'x'.repeat(110)}`,
      message: 'sk-[REDACTED]',
    });
  });
});

describe('The words in which a failure is described without content', () => {
  const quoted = 'Jane Roe, HIV clinic';

  it.each<[what: string, error: unknown, words: string | undefined]>([
    ['an error of the server: its status', apiError(429, { message: quoted }), '429 Too Many Requests'],
    ['a status that no standard names', apiError(499, { message: quoted }), undefined],
    ['an error of the application', new ToolError(quoted), undefined],
    ['a thrown text', quoted, undefined],
    ['what cannot be read', revoked(), 'an error that cannot be read'],
  ])('are, for %s', (_what, error, words) => {
    expect(describeFailure(error).plainMessage).toBe(words);
  });

  it.each<[what: string, error: unknown, words: string | undefined]>([
    [
      'a guardrail',
      { message: 'Guardrail tripwire triggered', data: { guardrail: quoted } },
      'Guardrail tripwire triggered',
    ],
    [
      'an error in a run',
      { message: 'Error in agent run', data: { error: `Error: ${quoted}` } },
      'Error in agent run',
    ],
    [
      'a rejected call',
      { message: quoted, data: { error: 'Tool execution for call_1 was manually rejected by user.' } },
      'Tool execution for call_1 was manually rejected by user.',
    ],
    ['a text that the application set', { message: quoted }, undefined],
  ])("are, on the SDK's span of %s", (_what, error, words) => {
    expect(describeSpanError(error, undefined).plainMessage).toBe(words);
  });

  it('are all that is left of an error from a run without sensitive data', () => {
    const error = new ToolError(quoted);
    withholdMessage(error);
    expect(describeFailure(error)).toEqual({
      type: 'ToolError',
      message: 'ToolError',
      plainMessage: 'ToolError',
    });
  });
});

describe('failure', () => {
  it('masks credentials and cuts', () => {
    expect(failure('T', `${KEY} ${'x'.repeat(2000)}`, undefined).message).toMatch(/^sk-\[REDACTED\] x{1000}/);
    expect(failure('T', 'foreign', undefined)).toStrictEqual({ type: 'T', message: 'foreign' });
    expect(failure('T', 'foreign', `ours ${KEY}`)).toStrictEqual({
      type: 'T',
      message: 'foreign',
      plainMessage: 'ours sk-[REDACTED]',
    });
    expect(failure('T', undefined, 'ours')).toStrictEqual({
      type: 'T',
      message: 'ours',
      plainMessage: 'ours',
    });
    expect(failure(KEY, '', undefined)).toStrictEqual({ type: 'sk-[REDACTED]', message: '' });
  });
});

describe('isCallerAbort', () => {
  it.each<[what: string, error: unknown, expected: boolean]>([
    ["the client's own class", new APIUserAbortError(), true],
    ["the platform's error", new DOMException('This operation was aborted', 'AbortError'), true],
    ["the reason of a signal's plain abort", AbortSignal.abort().reason, true],
    ['a signal that timed out, which is not an abort', new DOMException('timed out', 'TimeoutError'), false],
    ['no answer in time', new APIConnectionTimeoutError(), false],
    ['no connection', new APIConnectionError({}), false],
    ['an answer of 499', apiError(499), false],
    ['an error that speaks of it', new Error('AbortError'), false],
    ['a text', 'AbortError', false],
    ['null', null, false],
    ['nothing', undefined, false],
  ])('%s: %s', (_what, error, expected) => {
    expect(isCallerAbort(error)).toBe(expected);
  });
});

describe('isCallerAbort of an unreadable error', () => {
  it.each(UNREADABLE)('does not throw for something %s', (_what, error) => {
    expect(isCallerAbort(error)).toBe(false);
  });
});

describe('describeSpanError', () => {
  const inRun = (error: unknown) => ({ message: 'Error in agent run', data: { error } });

  it.each<[what: string, error: unknown, fallback: string | undefined, type: string, message: string]>([
    [
      'the class before the colon',
      inRun('MaxTurnsExceededError: Max turns (3) exceeded'),
      undefined,
      'MaxTurnsExceededError',
      'MaxTurnsExceededError: Max turns (3) exceeded',
    ],
    [
      'it rather than what is known otherwise',
      inRun('ToolError: x'),
      'rate_limit_exceeded',
      'ToolError',
      'ToolError: x',
    ],
    [
      'a class that never named itself, by what is known otherwise',
      inRun('Error: 429 Slow down.'),
      'rate_limit_exceeded',
      'rate_limit_exceeded',
      'Error: 429 Slow down.',
    ],
    ['the same where nothing is known', inRun('Error: 500 Oops'), undefined, '_OTHER', 'Error: 500 Oops'],
    ['a text without a class', inRun('out of paper: now'), 'fallback', 'fallback', 'out of paper: now'],
    ['a class without a message', inRun('TypeError'), undefined, '_OTHER', 'TypeError'],
    [
      'a class name that is too long for one',
      inRun(`${'X'.repeat(200)}: x`),
      undefined,
      '_OTHER',
      `${'X'.repeat(200)}: x`,
    ],
    ['a cause of a wrong type', inRun({ name: 'TypeError' }), 'fallback', 'fallback', 'Error in agent run'],
    ['no cause', { message: 'Error in agent run', data: {} }, 'fallback', 'fallback', 'Error in agent run'],
    ['no data', { message: 'Error in agent run' }, undefined, '_OTHER', 'Error in agent run'],
    ['data that is null', { message: 'x', data: null }, undefined, '_OTHER', 'x'],
    ['no message', { data: {} }, 'fallback', 'fallback', 'fallback'],
    ['an empty message', { message: '' }, undefined, '_OTHER', '_OTHER'],
    ['null', null, 'fallback', 'fallback', 'fallback'],
    ['a text', 'Oops', undefined, '_OTHER', '_OTHER'],
    ['a list', [inRun('TypeError: x')], undefined, '_OTHER', '_OTHER'],
    ['a quoted key', inRun(`AuthError: bad ${KEY}`), undefined, 'AuthError', 'AuthError: bad sk-[REDACTED]'],
  ])('reads %s', (_what, error, fallback, type, message) => {
    expect(describeSpanError(error, fallback)).toMatchObject({ type, message });
  });

  it('cuts a long message', () => {
    expect(describeSpanError(inRun(`E: ${'x'.repeat(5000)}`), undefined).message).toHaveLength(1024);
  });
});
