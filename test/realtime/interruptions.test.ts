import * as realtime from '@openai/agents/realtime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RealtimeHarness, type Session, startRealtimeHarness } from './realtime-harness.js';

let h: RealtimeHarness;
beforeAll(async () => {
  h = await startRealtimeHarness();
});
afterEach(() => h.checkAndReset());
afterAll(() => h.stop());

const greeter = () => new realtime.RealtimeAgent({ name: 'greeter', instructions: 'Greet.' });

const nextEvent = (session: Session, name: 'audio_interrupted' | 'audio' | 'agent_end') =>
  new Promise((resolve) => session.once(name, resolve));

const eventNames = (name: string) =>
  h.harness
    .spans()
    .filter((span) => span.name === name)
    .flatMap((span) => span.events.map((event) => event.name));

describe('A user who interrupts the answer', () => {
  it('cancels the response, and the part that was not heard is cut from the conversation', async () => {
    // Here the server cancels the response. Without this option the SDK does.
    const turnDetection = { type: 'semantic_vad', interruptResponse: true } as const;
    const session = await h.connect(greeter(), { config: { audio: { input: { turnDetection } } } });
    h.peer.hear('Tell me a story.');
    const sound = nextEvent(session, 'audio');
    h.peer.respond({ speech: 'Once upon a', unfinished: true });
    await sound;
    const interrupted = nextEvent(session, 'audio_interrupted');
    h.peer.send({ type: 'input_audio_buffer.speech_started', item_id: 'item_x', audio_start_ms: 4000 });
    await interrupted;
    await h.received('conversation.item.truncate');
    h.peer.finish({ status: 'cancelled', statusDetails: { type: 'cancelled', reason: 'turn_detected' } });
    await h.ended('invoke_agent greeter');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  transcription gpt-4o-mini-transcribe [CLIENT]',
      '  invoke_agent greeter [INTERNAL] (cancelled)',
      '    chat gpt-realtime [CLIENT] (cancelled)',
      '    conversation_items truncate [CLIENT]',
    ]);
    expect(h.attributesOf('chat gpt-realtime')).toMatchObject([
      {
        'openai_agents.outcome': 'cancelled',
        'openai_agents.cancellation.reason': 'turn_detected',
        'gen_ai.response.finish_reasons': ['error'],
        'gen_ai.usage.output_tokens': 100,
      },
    ]);
    expect(eventNames('chat gpt-realtime')).toEqual(['openai_agents.realtime.interrupted']);
    const events = await h.harness.events();
    expect(await h.eventLines()).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      '  AGENT_START greeter',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    STATE_UPDATE',
      '    MODEL_INVOCATION_END (cancelled)',
      '  AGENT_END greeter (cancelled)',
      'SESSION_END',
    ]);
    const [truncated] = events.filter((event) => event.state_update?.action === 'truncate');
    expect(truncated?.state_update).toEqual({
      conversation_id: `conv_${h.peer.number}`,
      action: 'truncate',
      item_ids: [`item_${h.peer.number}_2`],
      audio_end_ms: expect.any(Number),
    });
    const [ended] = events.filter((event) => event.status === 'EVENT_STATUS_CANCELLED');
    expect(ended).toMatchObject({
      is_partial: true,
      llm_invocation: {
        finish_reason: 'error',
        response: { messages: [{ role: 'assistant', content: 'Once upon a' }] },
      },
    });
  });

  it('only cuts the item that is still played if the answer was complete', async () => {
    const session = await h.connect(greeter());
    const done = nextEvent(session, 'agent_end');
    // One minute of audio, which is still played when the user speaks.
    h.peer.respond({ speech: 'Once upon a time.' });
    await done;
    h.peer.send({
      type: 'response.output_audio.delta',
      response_id: 'resp_x',
      item_id: 'item_x',
      content_index: 0,
      output_index: 0,
      delta: Buffer.alloc(24_000 * 2 * 60).toString('base64'),
    });
    await nextEvent(session, 'audio');
    h.peer.send({ type: 'input_audio_buffer.speech_started', item_id: 'item_y', audio_start_ms: 4000 });
    await h.ended('conversation_items truncate');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '  conversation_items truncate [CLIENT]',
    ]);
    expect(eventNames('realtime gpt-realtime')).toEqual(['openai_agents.realtime.interrupted']);
    expect((await h.eventLines()).slice(-3)).toEqual([
      '  AGENT_END greeter',
      '  STATE_UPDATE',
      'SESSION_END',
    ]);
  });
});

it('An application that interrupts cancels the response', async () => {
  const session = await h.connect(greeter());
  const sound = nextEvent(session, 'audio');
  h.peer.respond({ speech: 'Once upon a', unfinished: true });
  await sound;
  session.interrupt();
  await h.ended('invoke_agent greeter');
  session.close();
  expect(h.attributesOf('chat gpt-realtime')).toMatchObject([
    { 'openai_agents.outcome': 'cancelled', 'openai_agents.cancellation.reason': 'client_cancelled' },
  ]);
});

it('An item that is removed from the history is a change of the conversation', async () => {
  const session = await h.connect(greeter());
  await h.ask(session, 'Hello?', { text: 'Hello.' });
  const [first] = session.history;
  session.updateHistory((history) => history.filter((item) => item !== first));
  await h.ended('conversation_items delete');
  session.close();
  const [deleted] = (await h.harness.events()).filter((event) => event.state_update?.action === 'delete');
  expect(deleted?.state_update).toEqual({
    conversation_id: `conv_${h.peer.number}`,
    action: 'delete',
    item_ids: [first?.itemId],
  });
});
