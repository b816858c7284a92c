/** Requests for a response: those that the provider refuses, and how long the caller waits for the others. */
import * as realtime from '@openai/agents/realtime';
import { SpanStatusCode } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ResponseRequests } from '../../src/instrumentation/realtime/response-requests.js';
import { readServerError } from '../../src/openai-api/realtime-errors.js';
import { type RealtimeHarness, type Session, startRealtimeHarness } from './realtime-harness.js';

let h: RealtimeHarness;
beforeAll(async () => {
  h = await startRealtimeHarness();
});
afterEach(() => h.checkAndReset());
afterAll(() => h.stop());

const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

async function connect(): Promise<Session> {
  const lookup = realtime.tool({
    name: 'lookup',
    description: 'Looks up',
    parameters: z.object({}),
    execute: async () => 'found',
  });
  const session = await h.connect(
    new realtime.RealtimeAgent({ name: 'greeter', instructions: 'Greet.', tools: [lookup] }),
  );
  session.on('error', () => {});
  return session;
}

const lastRequest = () => h.peer.received.findLast(({ type }) => type === 'response.create');
const refuse = (error: object) => h.peer.send({ type: 'error', error: { message: 'No', ...error } });
const durations = async () => {
  const metrics = await h.harness.metrics.collect();
  return metrics.find(({ name }) => name === 'gen_ai.client.inference.duration')?.points ?? [];
};

/** Sources: livekit/agents-js#1384, livekit/agents#2967 (no reason to see), openai/openai-agents-js#1022 (rate limit). */
describe('A question that the provider refuses', () => {
  const REFUSALS: readonly [name: string, error: () => object, type: string, named?: boolean][] = [
    [
      'because of a rate limit',
      () => ({ type: 'server_error', code: 'rate_limit_exceeded', event_id: lastRequest()?.event_id }),
      'rate_limit_exceeded',
      true,
    ],
    [
      'because a response is active',
      () => ({
        type: 'invalid_request_error',
        code: 'conversation_already_has_active_response',
        event_id: lastRequest()?.event_id,
      }),
      'conversation_already_has_active_response',
      true,
    ],
    [
      'because of its item',
      () => ({ type: 'invalid_request_error', code: 'invalid_value', param: 'item.content', event_id: null }),
      'invalid_value',
    ],
    [
      'without naming the request',
      () => ({ type: 'server_error', code: 'rate_limit_exceeded', event_id: null }),
      'rate_limit_exceeded',
    ],
  ];

  it.each(REFUSALS)('%s ends its exchange at once as failed', async (_name, error, type, named) => {
    const session = await connect();
    // The item is not confirmed, as if it was invalid; otherwise it makes no difference.
    h.peer.confirms = type !== 'invalid_value';
    session.sendMessage('Hello?');
    await h.received('response.create');
    refuse(error());
    await h.ended('invoke_agent greeter');
    session.close();
    h.peer.confirms = true;
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      `  invoke_agent greeter [INTERNAL] ✗ ${type}`,
      `    chat gpt-realtime [CLIENT] ✗ ${type}`,
    ]);
    const [chat] = h.attributesOf('chat gpt-realtime') as Record<string, unknown>[];
    expect(chat?.['gen_ai.request.model']).toBe('gpt-realtime');
    expect(chat?.['openai_agents.realtime.request.id']).toBe(named ? lastRequest()?.event_id : undefined);
    const lines = (await h.eventLines()).filter((line) => !/SESSION|STATE|SYSTEM/.test(line));
    expect(lines).toEqual([
      '  AGENT_START greeter',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      `    ERROR ${type}`,
      '    MODEL_INVOCATION_END (failed)',
      `  ERROR ${type}`,
      '  AGENT_END greeter (failed)',
    ]);
    const input = (await h.harness.events()).find((event) => event.type === 'EVENT_TYPE_INPUT_RECEIVED');
    expect(input?.message).toEqual({ role: 'user', text: 'Hello?' });
    expect((await durations()).map(({ attributes }) => attributes['error.type'])).toEqual([type]);
    // The session is not one that failed.
    expect(h.harness.spans().at(-1)?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('after a tool fails the question of the tool, and the next one is a new one', async () => {
    const session = await connect();
    await h.ask(session, 'Where is it?', { calls: [{ name: 'lookup', callId: 'call_1', arguments: '{}' }] });
    await h.received('response.create', 2);
    refuse({ type: 'server_error', code: 'rate_limit_exceeded', event_id: lastRequest()?.event_id });
    await h.ended('invoke_agent greeter');
    await h.ask(session, 'Hello?', { speech: 'Hello.' });
    await h.ended('invoke_agent greeter', 2);
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL] ✗ rate_limit_exceeded',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool lookup [INTERNAL]',
      '    chat gpt-realtime [CLIENT] ✗ rate_limit_exceeded',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
  });

  it('while an answer goes on leaves that answer alone', async () => {
    const session = await connect();
    const heard = new Promise((resolve) => session.once('history_added', resolve));
    h.peer.hear();
    await heard;
    const speaks = new Promise((resolve) => session.once('audio', resolve));
    session.sendMessage('And another thing');
    await h.received('response.create');
    h.peer.respond({ speech: 'It is', unfinished: true });
    await speaks;
    refuse({
      type: 'invalid_request_error',
      code: 'conversation_already_has_active_response',
      event_id: lastRequest()?.event_id,
    });
    await h.ended('chat gpt-realtime');
    h.peer.finish();
    await h.ended('chat gpt-realtime', 2);
    session.close();
    const outcomes = h.harness
      .spans()
      .filter(({ name }) => name.startsWith('chat'))
      .map(({ attributes }) => attributes['error.type'] ?? 'answered');
    expect(outcomes).toEqual(['conversation_already_has_active_response', 'answered']);
  });

  it.each([
    ['a cancellation', { code: 'response_cancel_not_active', event_id: null }],
    ['an empty buffer', { code: 'input_audio_buffer_commit_empty', event_id: null }],
    ['another event', { code: 'invalid_value', event_id: 'other' }],
  ])('is not meant by an error about %s', async (_name, error) => {
    const session = await connect();
    session.sendMessage('Hello?');
    await h.received('response.create');
    refuse({ type: 'invalid_request_error', ...error });
    h.peer.respond({ speech: 'Hello.' });
    await h.ended('invoke_agent greeter');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
  });
});

/** Sources: livekit/agents#3483, livekit/agents#3687, livekit/agents#3824 (how long the caller waits). */
describe('The time to the first chunk', () => {
  const seconds = () =>
    h.harness
      .spans()
      .filter(({ name }) => name.startsWith('chat'))
      .map(({ attributes }) => attributes['gen_ai.response.time_to_first_chunk'] as number);
  const WAIT = 200;
  /** Seconds since `begun`, rounded up as far as the wall clock may differ from the monotonic one. */
  const since = (begun: number) => (performance.now() - begun) / 1000 + 0.02;
  const waited = (value: number | undefined, begun: number) => {
    expect(value).toBeGreaterThan(WAIT / 1000 - 0.01);
    expect(value).toBeLessThan(since(begun));
  };

  it('counts from the request of the client, like the span and the duration', async () => {
    const session = await connect();
    const begun = performance.now();
    session.sendMessage('Hello?');
    await h.received('response.create');
    await sleep(WAIT);
    h.peer.respond({ speech: 'Hello.' });
    await h.ended('invoke_agent greeter');
    session.close();
    waited(seconds()[0], begun);
    const [chat, agent] = h.harness.spans();
    for (const span of [chat, agent])
      waited((span?.duration[0] ?? 0) + (span?.duration[1] ?? 0) / 1e9, begun);
    const [duration] = await durations();
    waited((duration?.value as { sum?: number } | undefined)?.sum, begun);
  });

  it('counts from the answer of a tool', async () => {
    const session = await connect();
    const begun = performance.now();
    await h.ask(session, 'Where is it?', { calls: [{ name: 'lookup', callId: 'call_1', arguments: '{}' }] });
    await h.received('response.create', 2);
    await sleep(WAIT);
    h.peer.respond({ speech: 'There.' });
    await h.ended('invoke_agent greeter');
    session.close();
    waited(seconds()[1], begun);
  });

  it('counts from the end of the speech if the provider decides', async () => {
    const session = await connect();
    const begun = performance.now();
    const heard = new Promise((resolve) => session.once('history_added', resolve));
    h.peer.hear('Hello?');
    await heard;
    await sleep(WAIT);
    h.peer.respond({ speech: 'Hello.' });
    await h.ended('invoke_agent greeter');
    session.close();
    waited(seconds()[0], begun);
  });

  it('counts from the request if the application decides', async () => {
    const session = await connect();
    h.peer.send({
      type: 'session.updated',
      session: { audio: { input: { turn_detection: { type: 'server_vad', create_response: false } } } },
    });
    h.peer.hear('Hello?');
    await sleep(WAIT);
    const begun = performance.now();
    session.transport.sendEvent({ type: 'response.create' });
    await h.received('response.create');
    h.peer.respond({ speech: 'Hello.' });
    await h.ended('invoke_agent greeter');
    session.close();
    expect(seconds()[0]).toBeLessThan(since(begun));
  });

  it('counts from the end of the response before, for which the client has waited', async () => {
    const session = await connect();
    h.peer.respond({ speech: 'Good morning', unfinished: true });
    await new Promise((resolve) => session.once('audio', resolve));
    session.sendMessage('Hello?');
    await sleep(WAIT);
    const begun = performance.now();
    h.peer.finish();
    await h.received('response.create');
    h.peer.respond({ speech: 'Hello.' });
    await h.ended('invoke_agent greeter', 2);
    session.close();
    expect(seconds()[1]).toBeLessThan(since(begun));
  });
});

describe('ResponseRequests', () => {
  const refusal = (error: object) =>
    readServerError({ type: 'server_error', code: 'rate_limit_exceeded', ...error });

  it('gives a response outside of the conversation its own request', () => {
    const requests = new ResponseRequests();
    requests.requested({ event_id: 'a' });
    requests.requested({ event_id: 'b', response: { conversation: 'none' } });
    expect(requests.responseCreated({ conversation_id: null })).toEqual(expect.any(Number));
    expect(requests.refused(refusal({ event_id: 'a' }))).toMatchObject({ id: 'a' });
    expect(requests.areDue).toBe(false);
  });

  it('takes requests that were held back for one', () => {
    const requests = new ResponseRequests();
    requests.requested({});
    requests.requested({});
    requests.responseDone();
    requests.responseCreated({});
    expect(requests.areDue).toBe(false);
  });

  it('does not wait for a request that may have been answered with what the user said', () => {
    const requests = new ResponseRequests();
    requests.speechStopped(true);
    const now = Date.now();
    while (Date.now() === now);
    requests.requested({ event_id: 'a' });
    requests.responseCreated({});
    expect([requests.areDue, requests.userHasSpoken]).toEqual([false, false]);
    expect(requests.responseCreated({})).toEqual(expect.any(Number));
    expect(requests.takeAll()).toEqual([]);
  });

  it('forgets a request that could not be sent, and the oldest of too many', () => {
    const requests = new ResponseRequests();
    requests.requested({ event_id: 'a' })();
    expect(requests.areDue).toBe(false);
    for (let count = 0; count < 1500; count += 1) requests.requested({ event_id: `e${count}` });
    expect(requests.takeAll()).toHaveLength(1000);
  });

  it.each([
    ['the id of the request', { event_id: 'a' }, true],
    ['an id of the Agents SDK', { event_id: 'agents_js_response_create_7' }, true],
    ['the id of an item', { event_id: 'item' }, true],
    ['no id', {}, true],
    ['another id', { event_id: 'x' }, false],
    ['no id and another reason', { type: 'invalid_request_error', code: 'unknown' }, false],
    ['no id and the name of the request', { type: 'x', code: 'x', message: 'response.create' }, true],
  ])('reads an error with %s', (_name, error, isRefused) => {
    const requests = new ResponseRequests();
    requests.itemSent({ event_id: 'item', item: {} });
    requests.requested({ event_id: 'a' });
    expect(requests.refused(refusal(error)) !== undefined).toBe(isRefused);
  });
});
