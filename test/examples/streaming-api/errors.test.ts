/** Every error of the service, with its status and code. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelServer, Scenario } from '../../../examples/model-server/server.js';
import {
  allEvents,
  JSON_HEADERS,
  picture,
  post,
  startInProcess,
  startModel,
  type TestService,
} from './harness.js';

/** The model fails once when it gets the result of the tool. */
const FAILS_LATER: Scenario = {
  id: 'fails-later',
  description: 'A call that needs approval, and a failure after it.',
  match: { lastUserIncludes: 'delete and fail' },
  steps: [
    {
      when: { hasToolResultFor: ['delete_note'] },
      faults: [{ fault: 'server-error' }],
      reply: { text: 'never sent' },
    },
    { reply: { toolCalls: [{ name: 'delete_note', arguments: { id: '7' } }] } },
  ],
};

let model: ModelServer;
let service: TestService;

beforeAll(async () => {
  model = await startModel([FAILS_LATER]);
  service = await startInProcess(model, {
    BODY_LIMIT_BYTES: '50000',
    CORS_ORIGIN: 'https://app.example',
    RUN_SECONDS: '2',
  });
  for (const session_id of ['waiting', 'unsure']) {
    await post(`${service.url}/assistant/run`, { input: 'Please delete note 7', session_id });
  }
  await post(`${service.url}/assistant/run`, { input: 'ping', session_id: 'idle' });
});

afterAll(async () => {
  await service.close();
  await model.close();
});

const APPROVE_X = { approvals: [{ id: 'x', approve: true }] };

const REQUESTS: readonly [
  title: string,
  path: string,
  body: unknown,
  status: number,
  code: string,
  detail: RegExp,
][] = [
  ['no input', '/assistant/run', {}, 400, 'invalid_request', /^input: /],
  ['an empty input', '/assistant/run', { input: '' }, 400, 'invalid_request', /^input: /],
  ['a long input', '/assistant/run', { input: 'a'.repeat(20_001) }, 400, 'invalid_request', /^input: /],
  [
    'an odd session',
    '/assistant/run',
    { input: 'a', session_id: 'a b' },
    400,
    'invalid_request',
    /^session_id: use/,
  ],
  ['no turns', '/assistant/run', { input: 'a', max_turns: 0 }, 400, 'invalid_request', /^max_turns: /],
  ['an unknown member', '/assistant/run', { input: 'a', modle: 'b' }, 400, 'invalid_request', /modle/],
  ['a large body', '/assistant/run', { input: 'a'.repeat(60_000) }, 413, 'body_too_large', /50000 bytes/],
  ['no input for a stream', '/chat/stream', {}, 400, 'invalid_request', /^input: /],
  ['no question', '/research', { input: 'a' }, 400, 'invalid_request', /^question: /],
  [
    'a run while approvals wait',
    '/assistant/run',
    { input: 'a', session_id: 'waiting' },
    409,
    'approval_pending',
    /decide/,
  ],
  [
    'a stream while approvals wait',
    '/assistant/stream',
    { input: 'a', session_id: 'waiting' },
    409,
    'approval_pending',
    /decide/,
  ],
  [
    'an approval for nobody',
    '/assistant/session/nobody/approvals',
    APPROVE_X,
    404,
    'session_not_found',
    /"nobody"/,
  ],
  [
    'an approval for nothing',
    '/assistant/session/idle/approvals',
    APPROVE_X,
    409,
    'no_approval_pending',
    /waits/,
  ],
  [
    'an unknown approval',
    '/assistant/session/waiting/approvals',
    APPROVE_X,
    404,
    'approval_not_found',
    /"x"/,
  ],
  [
    'no approvals',
    '/assistant/session/waiting/approvals',
    { approvals: [] },
    400,
    'invalid_request',
    /^approvals: /,
  ],
  [
    'a guardrail',
    '/assistant/run',
    { input: 'My card is 4111 1111 1111 1111' },
    422,
    'guardrail_tripped',
    /no_card_numbers/,
  ],
  [
    'too few turns',
    '/assistant/run',
    { input: 'What is the weather in Paris?', max_turns: 1 },
    422,
    'max_turns_exceeded',
    /max_turns/,
  ],
  ['a rate-limited model', '/assistant/run', { input: 'Fail with 429' }, 429, 'model_rate_limited', /later/],
  ['a failing model', '/assistant/run', { input: 'Fail with 500' }, 502, 'model_failed', /status 500/],
  ['a silent model', '/assistant/run', { input: 'Fail in silence' }, 504, 'run_timeout', /RUN_SECONDS/],
  [
    'a research with a failing model',
    '/research',
    { question: 'Fail with 500' },
    502,
    'model_failed',
    /status 500/,
  ],
];

describe('A request', () => {
  it.each(REQUESTS)('with %s is a problem', async (_, path, body, status, code, detail) => {
    const response = await post(service.url + path, body);
    const answer: unknown = await response.json();
    expect(answer).toMatchObject({
      type: 'about:blank',
      status,
      code,
      detail: expect.stringMatching(detail),
      request_id: response.headers.get('x-request-id'),
    });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.stringify(answer)).not.toMatch(/node_modules|\.ts:|sk-local/);
  });

  it('that a rate-limited model fails says when to try again', async () => {
    const response = await post(`${service.url}/assistant/run`, { input: 'Fail with 429' });
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it('with text that is not JSON is a problem', async () => {
    const response = await fetch(`${service.url}/chat/run`, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: '{',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid_request' });
  });

  it('without a content type is a problem', async () => {
    const response = await fetch(`${service.url}/chat/run`, {
      method: 'POST',
      body: new Uint8Array([123, 125]),
    });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ code: 'unsupported_media_type' });
  });

  it.each([
    ['GET', '/chat/session/nobody', 404, 'session_not_found'],
    ['DELETE', '/chat/session/nobody', 404, 'session_not_found'],
    ['GET', '/chat/session/a%20b', 400, 'invalid_request'],
    ['GET', '/chat/nowhere', 404, 'not_found'],
    ['PUT', '/chat/run', 404, 'not_found'],
  ])('%s %s is a problem', async (method, path, status, code) => {
    const response = await fetch(service.url + path, { method });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  it('of another origin is answered with CORS headers', async () => {
    const origin = 'https://app.example';
    const preflight = await fetch(`${service.url}/chat/run`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('content-type');
    const response = await post(`${service.url}/chat/run`, {}, { origin });
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('access-control-expose-headers')).toContain('x-trace-id');
  });
});

describe('A session', () => {
  it('has one run at a time', async () => {
    const run = (input: string) => post(`${service.url}/chat/run`, { input, session_id: 'busy' });
    const first = run('Fail in silence');
    await expect.poll(() => model.requests.at(-1)?.scenario).toBe('silent');
    const [second, deleted] = await Promise.all([
      run('ping'),
      fetch(`${service.url}/chat/session/busy`, { method: 'DELETE' }),
    ]);
    expect(await second.json()).toMatchObject({ status: 409, code: 'session_busy' });
    expect(await deleted.json()).toMatchObject({ status: 409, code: 'session_busy' });
    expect((await first).status).toBe(504);
    expect((await run('ping')).status).toBe(200);
  });

  it('is resumed once when two try at the same time', async () => {
    const session: unknown = await (await fetch(`${service.url}/assistant/session/unsure`)).json();
    const { pending_approvals } = session as { pending_approvals: { id: string }[] };
    const approvals = pending_approvals.map(({ id }) => ({ id, approve: true }));
    const resume = () => post(`${service.url}/assistant/session/unsure/approvals`, { approvals });
    const answers = await Promise.all([resume(), resume()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const later = await resume();
    expect(await later.json()).toMatchObject({ status: 409, code: 'no_approval_pending' });
  });
});

describe('A run that fails after an approval', () => {
  it('does not wait any more, so that its tool is not called again', async () => {
    const url = `${service.url}/assistant/session/failed`;
    await post(`${service.url}/assistant/run`, { input: 'Please delete and fail', session_id: 'failed' });
    const waiting = (await (await fetch(url)).json()) as { pending_approvals: { id: string }[] };
    const approvals = waiting.pending_approvals.map(({ id }) => ({ id, approve: true }));
    const resumed = await post(`${url}/approvals`, { approvals });
    expect(await resumed.json()).toMatchObject({ code: 'model_failed' });
    expect(await (await fetch(url)).json()).toMatchObject({ pending_approvals: [] });
    expect(await (await post(`${url}/approvals`, { approvals })).json()).toMatchObject({
      code: 'no_approval_pending',
    });
    const next = await post(`${service.url}/assistant/run`, { input: 'ping', session_id: 'failed' });
    expect(next.status).toBe(200);
  });
});

describe('A stream', () => {
  it.each([
    ['a guardrail', 'My card is 4111 1111 1111 1111', 'guardrail_tripped'],
    ['a failing model', 'Fail with 500', 'model_failed'],
    ['a rate-limited model', 'Fail with 429', 'model_rate_limited'],
    ['a model that breaks off', 'Fail midway', 'model_failed'],
    ['a content filter', 'Fail by filter', 'answer_incomplete'],
    ['the time limit', 'Fail in silence', 'run_timeout'],
  ])('that fails by %s ends with an error event', async (_, input, code) => {
    const events = await allEvents({ url: `${service.url}/assistant/stream`, body: { input } });
    expect(picture(events)[0]).toBe('stream_started');
    expect(events.at(-1)?.data).toEqual({
      type: 'error',
      code,
      message: expect.any(String),
      request_id: expect.any(String),
    });
    expect(JSON.stringify(events)).not.toMatch(/node_modules|\.ts:|sk-local/);
  });

  it('of a research that fails ends with an error event', async () => {
    const events = await allEvents({
      url: `${service.url}/research/stream`,
      body: { question: 'Fail with 500' },
    });
    expect(picture(events)).toEqual(['stream_started', 'progress', 'error']);
    expect(events.at(-1)?.data).toMatchObject({ code: 'model_failed' });
  });

  it('leaves its session free when it has failed', async () => {
    const body = { input: 'Fail midway', session_id: 'freed' };
    await allEvents({ url: `${service.url}/chat/stream`, body });
    // It is free a moment after the client has its last event.
    const run = () => post(`${service.url}/chat/run`, { input: 'ping', session_id: 'freed' });
    await expect.poll(async () => (await run()).status, { timeout: 15_000 }).toBe(200);
  });
});
