/** Every endpoint of the service, as it answers when all is well. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelServer } from '../../../examples/model-server/server.js';
import { allEvents, picture, post, startInProcess, startModel, type TestService } from './harness.js';

let model: ModelServer;
let service: TestService;

beforeAll(async () => {
  model = await startModel();
  service = await startInProcess(model);
});

afterAll(async () => {
  await service.close();
  await model.close();
});

async function answer(url: string, body: unknown): Promise<unknown> {
  const response = await post(service.url + url, body);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return JSON.parse(text);
}

async function get(url: string): Promise<unknown> {
  const response = await fetch(service.url + url);
  expect(response.status).toBe(200);
  return response.json();
}

async function stream(url: string, body: unknown) {
  return allEvents({ url: service.url + url, body });
}

async function pendingId(session: string): Promise<string> {
  const { pending_approvals } = (await get(`/assistant/session/${session}`)) as {
    pending_approvals: { id: string }[];
  };
  return pending_approvals[0]?.id ?? '';
}

describe('POST /assistant/run', () => {
  it('answers with output, usage and ids', async () => {
    expect(await answer('/assistant/run', { input: 'What is the weather in Paris, and the time?' })).toEqual({
      success: true,
      final_output: expect.stringContaining('18 °C and light rain in Paris'),
      error: null,
      usage: {
        requests: 2,
        input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
        cached_tokens: expect.any(Number),
        reasoning_tokens: expect.any(Number),
      },
      response_id: expect.stringMatching(/^resp_/),
      session_id: expect.stringMatching(/^[\da-f-]{36}$/),
      trace_id: null,
      agent: 'assistant',
      turns: 2,
      pending_approvals: [],
      cost: expect.any(Number),
    });
  });

  it('names the agent that a handoff led to', async () => {
    expect(await answer('/assistant/run', { input: 'Where is my invoice?' })).toMatchObject({
      agent: 'billing-specialist',
      final_output: expect.stringContaining('2026-0042'),
    });
  });

  it('continues a session', async () => {
    await answer('/chat/run', { input: 'Hello', session_id: 'continued' });
    await answer('/chat/run', { input: 'Hello again', session_id: 'continued' });
    const { body } = model.requests.at(-1) ?? {};
    expect(JSON.stringify(body)).toMatch(/"Hello".*"Hello again"/);
    expect(await get('/chat/session/continued')).toMatchObject({ item_count: 4 });
  });

  it('keeps sessions of two agents with one id apart', async () => {
    await answer('/chat/run', { input: 'Hello', session_id: 'shared' });
    expect((await fetch(`${service.url}/assistant/session/shared`)).status).toBe(404);
  });
});

describe('POST /assistant/stream', () => {
  it('sends what happens, in order and numbered without a gap', async () => {
    const events = await stream('/assistant/stream', {
      input: 'What is the weather in Paris, and the time?',
    });
    expect(picture(events)).toEqual([
      'stream_started',
      'raw_response reasoning_delta',
      'raw_response function_call_arguments',
      'run_item reasoning',
      'run_item tool_call',
      'run_item tool_call',
      'run_item tool_output',
      'run_item tool_output',
      'raw_response text_delta',
      'run_item message',
      'stream_complete',
    ]);
    expect(events.map(({ n }) => n)).toEqual(events.map((_, index) => index + 1));
    const deltas = events.filter(({ data }) => data.kind === 'text_delta').map(({ data }) => data.delta);
    expect(events.at(-1)?.data).toMatchObject({
      final_output: deltas.join(''),
      turns: 2,
      usage: { requests: 2 },
    });
  });

  it('ends the arguments of a call with the whole of them', async () => {
    const events = await stream('/assistant/stream', {
      input: 'What is the weather in Paris, and the time?',
    });
    const calls = events
      .filter(({ data }) => data.kind === 'function_call_arguments')
      .map(({ data }) => data);
    const weather = calls.filter(({ name }) => name === 'get_weather');
    const pieces = weather.map(({ delta }) => delta ?? '').join('');
    expect(weather.at(-1)).toMatchObject({ arguments: pieces });
    expect(JSON.parse(pieces)).toEqual({ city: 'Paris' });
  });

  it('shows a handoff', async () => {
    const events = await stream('/assistant/stream', { input: 'Where is my invoice?' });
    expect(picture(events)).toEqual([
      'stream_started',
      'raw_response function_call_arguments',
      'run_item handoff',
      'agent_updated',
      'raw_response function_call_arguments',
      'run_item tool_call',
      'run_item tool_output',
      'raw_response text_delta',
      'run_item message',
      'stream_complete',
    ]);
    const handoff = events.find(({ data }) => data.kind === 'handoff');
    expect(handoff?.data).toMatchObject({ from: 'assistant', to: 'billing-specialist' });
    const updated = events.find(({ data }) => data.type === 'agent_updated');
    expect(updated?.data).toMatchObject({ agent: 'billing-specialist' });
  });
});

describe('A tool that needs approval', () => {
  it('pauses a run, which an approval resumes', async () => {
    const paused = await answer('/assistant/run', { input: 'Please delete note 7', session_id: 'approved' });
    expect(paused).toMatchObject({
      final_output: null,
      pending_approvals: [
        { id: expect.any(String), tool: 'delete_note', arguments: '{"id":"7"}', agent: 'assistant' },
      ],
    });
    const id = await pendingId('approved');
    const resumed = await answer('/assistant/session/approved/approvals', {
      approvals: [{ id, approve: true }],
    });
    expect(resumed).toMatchObject({
      final_output: 'About note 7: Note 7 is deleted.',
      pending_approvals: [],
      turns: 2,
      usage: { requests: 2 },
    });
    expect(await get('/assistant/session/approved')).toMatchObject({
      pending_approvals: [],
      items: [
        { role: 'user' },
        { type: 'function_call' },
        { type: 'function_call_result' },
        { role: 'assistant' },
      ],
    });
  });

  it('is not called if the answer is no, and the model gets the reason', async () => {
    await answer('/assistant/run', { input: 'Please delete note 7', session_id: 'refused' });
    const approvals = [
      { id: await pendingId('refused'), approve: false, message: 'Note 7 is under legal hold.' },
    ];
    const resumed = await answer('/assistant/session/refused/approvals', { approvals });
    expect(resumed).toMatchObject({ final_output: 'About note 7: Note 7 is under legal hold.' });
  });

  it('says so in a stream, and goes on in another', async () => {
    const first = await stream('/assistant/stream', {
      input: 'Please delete note 7',
      session_id: 'streamed',
    });
    expect(picture(first)).toEqual([
      'stream_started',
      'raw_response function_call_arguments',
      'run_item tool_call',
      'run_item approval_requested',
      'stream_complete',
    ]);
    const requested = first.at(-2)?.data;
    expect(first.at(-1)?.data).toMatchObject({
      final_output: null,
      pending_approvals: [{ id: requested?.id }],
    });

    const approvals = [{ id: requested?.id, approve: true }];
    const second = await stream('/assistant/session/streamed/approvals', { approvals, stream: true });
    expect(picture(second)).toEqual([
      'stream_started',
      'run_item tool_output',
      'raw_response text_delta',
      'run_item message',
      'stream_complete',
    ]);
    expect(second.at(-1)?.data).toMatchObject({ final_output: 'About note 7: Note 7 is deleted.' });
  });
});

describe('A session', () => {
  it('is shown as it was made, and deleted', async () => {
    await answer('/chat/run', { input: 'Hello', session_id: 'shown' });
    expect(await get('/chat/session/shown')).toEqual({
      session_id: 'shown',
      agent: 'chat',
      items: [expect.objectContaining({ role: 'user' }), expect.objectContaining({ role: 'assistant' })],
      item_count: 2,
      pending_approvals: [],
      created_at: expect.stringMatching(/^20.*Z$/),
      updated_at: expect.stringMatching(/^20.*Z$/),
    });
    const deleted = await fetch(`${service.url}/chat/session/shown`, { method: 'DELETE' });
    expect(deleted.status).toBe(204);
    expect((await fetch(`${service.url}/chat/session/shown`)).status).toBe(404);
  });

  it('takes the run that waits in it along when it is deleted', async () => {
    await answer('/assistant/run', { input: 'Please delete note 7', session_id: 'dropped' });
    await fetch(`${service.url}/assistant/session/dropped`, { method: 'DELETE' });
    expect(await answer('/assistant/run', { input: 'ping', session_id: 'dropped' })).toMatchObject({
      success: true,
    });
  });
});

describe('GET /…/info', () => {
  it('describes an agent with tools and handoffs', async () => {
    expect(await get('/assistant/info')).toEqual({
      name: 'assistant',
      instructions: expect.stringMatching(/^You are a helpful assistant/),
      model: 'gpt-5-mini',
      tools: 3,
      handoffs: 1,
      endpoints: [
        { method: 'POST', path: '/assistant/run' },
        { method: 'POST', path: '/assistant/stream' },
        { method: 'GET', path: '/assistant/stream/{id}' },
        { method: 'POST', path: '/assistant/session/{id}/approvals' },
        { method: 'GET', path: '/assistant/session/{id}' },
        { method: 'DELETE', path: '/assistant/session/{id}' },
        { method: 'GET', path: '/assistant/info' },
      ],
      session: { storage: 'sqlite', persistent: true, max_items: 1000 },
    });
  });

  it('calls instructions that a function makes dynamic', async () => {
    expect(await get('/chat/info')).toMatchObject({ instructions: 'dynamic', tools: 0, handoffs: 0 });
  });
});

describe('POST /research', () => {
  const question = 'Are heat pumps worth it?';

  it('answers with a report', async () => {
    expect(await answer('/research', { question })).toEqual({
      success: true,
      report: {
        summary: expect.any(String),
        markdown: expect.stringContaining('# Heat pumps'),
        follow_up_questions: expect.arrayContaining([expect.any(String)]),
      },
      usage: expect.objectContaining({ requests: expect.any(Number) }),
      trace_id: null,
    });
  });

  it('streams its progress', async () => {
    const events = await stream('/research/stream', { question });
    const stages = events.filter(({ data }) => data.type === 'progress').map(({ data }) => data.stage);
    expect([...new Set(stages)]).toEqual(['planning', 'searching', 'writing']);
    const searching = events.filter(({ data }) => data.stage === 'searching').map(({ data }) => data);
    expect(searching.at(-1)?.done).toBe(searching.at(-1)?.total);
    expect(events.at(-1)?.data).toMatchObject({
      type: 'stream_complete',
      final_output: { summary: expect.any(String) },
      session_id: null,
    });
  });
});

describe('The service', () => {
  it('lists its agents', async () => {
    expect(await get('/agents')).toEqual({
      agents: [
        { name: 'assistant', prefix: '/assistant' },
        { name: 'chat', prefix: '/chat' },
        { name: 'research', prefix: '/research' },
      ],
      jaeger_url: null,
    });
  });

  it.each([
    ['/', 'text/html'],
    ['/page/main.js', 'text/javascript'],
    ['/page/page.css', 'text/css'],
  ])('serves the page: %s', async (file, type) => {
    const response = await fetch(service.url + file);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain(type);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  });
});
