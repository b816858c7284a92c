import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { maskKey } from '../../examples/model-server/http/authorization.js';
import { clientOf, playing, serverForFile } from './local-client.js';

const server = serverForFile();
const ask = { model: 'gpt-5-mini', input: 'Hi' };

/** What a call is rejected with. */
async function rejection(call: PromiseLike<unknown>): Promise<unknown> {
  return call.then(
    (value) => {
      throw new Error(`Expected a rejection, got ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}

async function post(
  path: string,
  body: string,
  headers: Record<string, string> = { authorization: 'Bearer sk-local' },
) {
  const response = await fetch(server().url + path, { method: 'POST', headers, body });
  const answer: unknown = await response.json();
  return { status: response.status, answer };
}

describe('The client makes its own error class of an answer with status', () => {
  test.each([
    [400, OpenAI.BadRequestError, 'invalid_request_error'],
    [401, OpenAI.AuthenticationError, 'authentication_error'],
    [403, OpenAI.PermissionDeniedError, 'permission_error'],
    [404, OpenAI.NotFoundError, 'invalid_request_error'],
    [409, OpenAI.ConflictError, 'invalid_request_error'],
    [422, OpenAI.UnprocessableEntityError, 'invalid_request_error'],
    [429, OpenAI.RateLimitError, 'requests'],
    [503, OpenAI.InternalServerError, 'server_error'],
  ])('%i', async (status, ErrorClass, type) => {
    const { responses } = clientOf(server());
    const fault = `http-error;status=${status};code=my_code;message=No luck`;
    const error = await rejection(responses.create(ask, playing('plain', fault)));
    expect(error).toBeInstanceOf(ErrorClass);
    expect(error).toMatchObject({
      status,
      type,
      code: 'my_code',
      message: `${status} No luck`,
      requestID: expect.stringMatching(/^req_/),
    });
  });
});

describe('keys', () => {
  test('are required', async () => {
    expect(await post('/responses', '{}', {})).toMatchObject({
      status: 401,
      answer: {
        error: { message: expect.stringContaining('API key'), type: 'invalid_request_error', code: null },
      },
    });
  });

  test('are named in the error, masked', async () => {
    const client = clientOf(server(), { apiKey: 'sk-bad-0123456789-end' });
    const error = await rejection(client.models.list());
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({
      code: 'invalid_api_key',
      message: expect.stringContaining('Incorrect API key provided: sk-bad-0*********-end. You can find'),
    });
  });

  test.each([
    ['your-api-key-here', 'your-api*****here'],
    ['sk-bad', 'sk-bad'],
    ['sk-bad-12345', 'sk-bad-12345'],
  ])('%s is shown as %s', (key, shown) => {
    expect(maskKey(key)).toBe(shown);
  });
});

describe('A request is rejected', () => {
  test.each([
    ['/responses', 'not json', 400, { message: expect.stringContaining('could not parse the JSON body') }],
    ['/responses', '', 400, { message: expect.stringContaining('could not parse the JSON body') }],
    ['/responses', '{}', 400, { param: 'model', code: 'missing_required_parameter' }],
    ['/chat/completions', '{"messages":[]}', 400, { message: 'you must provide a model parameter' }],
    [
      '/chat/completions',
      '{"model":"gpt-4o"}',
      400,
      { param: 'messages', code: 'missing_required_parameter' },
    ],
    [
      '/chat/completions',
      '{"model":"gpt-4o","messages":[{"role":"robot"}]}',
      400,
      { param: 'messages[0].role', code: 'invalid_value' },
    ],
    ['/responses', '{"model":"gpt-4o","input":[{"role":1}]}', 400, { param: 'input[0].role' }],
    ['/embeddings', '{"model":"text-embedding-3-small"}', 400, { param: 'input' }],
    ['/responses', '{"model":"nobody-knows"}', 404, { code: 'model_not_found' }],
    ['/embeddings', '{"model":"nobody-knows","input":"x"}', 404, { code: 'model_not_found' }],
    ['/nothing', '{}', 404, { message: 'Invalid URL (POST /v1/nothing)' }],
    ['/responses', '{"model":"gpt-4o","metadata":{"scenario":"no-such"}}', 400, { code: 'unknown_scenario' }],
  ])('POST %s %s: %i', async (path, sent, status, error) => {
    const { answer, ...response } = await post(path, sent);
    expect(response.status).toBe(status);
    expect(answer).toEqual({
      error: {
        message: expect.any(String),
        type: 'invalid_request_error',
        param: expect.toBeOneOf([null, expect.any(String)]),
        code: expect.toBeOneOf([null, expect.any(String)]),
      },
    });
    expect(answer).toMatchObject({ error });
  });

  test('an unknown fault, with what to write instead', async () => {
    const error = await rejection(clientOf(server()).responses.create(ask, playing('plain', 'explode')));
    expect(error).toMatchObject({
      status: 400,
      code: 'invalid_fault',
      message: expect.stringContaining('"rate-limit"'),
    });
  });
});

test('Every answer has the headers of the API', async () => {
  const client = clientOf(server());
  const { response, request_id } = await client.responses.create(ask).withResponse();
  expect(request_id).toMatch(/^req_[0-9a-f]{32}$/);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'openai-version': '2020-10-01',
    'openai-processing-ms': expect.stringMatching(/^\d+$/),
    'x-ratelimit-limit-requests': expect.any(String),
    'x-ratelimit-limit-tokens': expect.any(String),
    'x-ratelimit-remaining-requests': expect.any(String),
    'x-ratelimit-remaining-tokens': expect.any(String),
    'x-ratelimit-reset-requests': expect.any(String),
    'x-ratelimit-reset-tokens': expect.any(String),
  });
});
