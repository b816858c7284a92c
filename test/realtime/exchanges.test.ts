import { setTimeout as sleep } from 'node:timers/promises';
import * as realtime from '@openai/agents/realtime';
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { withSession } from '../../src/index.js';
import { spanTree } from '../harness/span-tree.js';
import { type RealtimeHarness, startRealtimeHarness } from './realtime-harness.js';
import { USAGE } from './realtime-server.js';

let h: RealtimeHarness;
beforeAll(async () => {
  h = await startRealtimeHarness();
});
afterEach((context) => h.checkAndReset({ open: context.task.name.includes('belongs to its group') }));
afterAll(() => h.stop());

const activeName = () => (trace.getActiveSpan() as { name?: string } | undefined)?.name;

const greeter = () => new realtime.RealtimeAgent({ name: 'greeter', instructions: 'Greet.' });

function toolAgent(run: (city: string) => unknown): realtime.RealtimeAgent {
  return new realtime.RealtimeAgent({
    name: 'forecaster',
    instructions: 'Tell the weather.',
    handoffDescription: 'Knows the weather',
    tools: [
      realtime.tool({
        name: 'weather',
        description: 'The weather of a city',
        parameters: z.object({ city: z.string() }),
        execute: async ({ city }) => run(city),
      }),
    ],
  });
}

const weatherCall = (city: string, callId = 'call_1') => ({
  name: 'weather',
  callId,
  arguments: JSON.stringify({ city }),
});

describe('A spoken question', () => {
  it('is one exchange of the agent, with a transcription and an answer, and tokens by modality', async () => {
    const session = await h.connect(greeter());
    h.peer.hear('Good morning.');
    h.peer.respond({ speech: 'Good morning to you.' });
    await h.ended('invoke_agent greeter');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  transcription gpt-4o-mini-transcribe [CLIENT]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
    const port = Number(new URL(h.server.url).port);
    const endpoint = {
      'gen_ai.provider.name': 'openai',
      'server.address': '127.0.0.1',
      'server.port': port,
    };
    expect(h.attributesOf('realtime gpt-realtime')).toEqual([
      {
        ...endpoint,
        'openai_agents.span.type': 'realtime',
        'gen_ai.request.model': 'gpt-realtime',
        'openai_agents.realtime.session.id': `sess_${h.peer.number}`,
        'gen_ai.usage.input_tokens': 200,
        'gen_ai.usage.output_tokens': 100,
        'openai_agents.usage.aggregated': true,
        'gen_ai.conversation.id': `conv_${h.peer.number}`,
      },
    ]);
    expect(h.attributesOf('invoke_agent greeter')).toEqual([
      {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'greeter',
        'gen_ai.request.model': 'gpt-realtime',
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 200,
        'gen_ai.usage.output_tokens': 100,
        'openai_agents.usage.aggregated': true,
        'gen_ai.conversation.id': `conv_${h.peer.number}`,
      },
    ]);
    expect(h.attributesOf('chat gpt-realtime')).toEqual([
      {
        ...endpoint,
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt-realtime',
        'gen_ai.conversation.id': `conv_${h.peer.number}`,
        'gen_ai.output.type': 'speech',
        'gen_ai.response.id': `resp_${h.peer.number}_1`,
        'gen_ai.response.model': 'gpt-realtime',
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.response.time_to_first_chunk': expect.any(Number),
        'gen_ai.usage.input_tokens': 200,
        'gen_ai.usage.output_tokens': 100,
        'gen_ai.usage.cache_read.input_tokens': 64,
        'gen_ai.usage.text.input_tokens': 120,
        'gen_ai.usage.text.output_tokens': 20,
        'gen_ai.usage.text.cache_read.input_tokens': 64,
        'gen_ai.usage.audio.input_tokens': 80,
        'gen_ai.usage.audio.output_tokens': 80,
        'gen_ai.usage.audio.cache_read.input_tokens': 0,
      },
    ]);
    expect(h.attributesOf('transcription gpt-4o-mini-transcribe')).toEqual([
      {
        ...endpoint,
        'openai_agents.span.type': 'transcription',
        'gen_ai.request.model': 'gpt-4o-mini-transcribe',
        'gen_ai.usage.input_tokens': 17,
        'gen_ai.usage.output_tokens': 5,
        'gen_ai.usage.text.input_tokens': 0,
        'gen_ai.usage.audio.input_tokens': 17,
      },
    ]);
  });

  it('makes one session of events with the words of both sides', async () => {
    const session = await h.connect(greeter());
    h.peer.hear('Good morning.');
    h.peer.respond({ speech: 'Good morning to you.' });
    await h.ended('invoke_agent greeter');
    session.close();
    const events = await h.harness.events();
    expect(await h.eventLines()).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      '  AGENT_START greeter',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  OUTPUT_EMITTED',
      '  AGENT_END greeter',
      'SESSION_END',
    ]);
    const [, , transcription, start, , input, asked, answered, output] = events;
    expect(transcription?.llm_invocation).toMatchObject({
      model: 'gpt-4o-mini-transcribe',
      prompt_tokens: 17,
      completion_tokens: 5,
      response: { messages: [{ role: 'assistant', content: 'Good morning.' }] },
    });
    expect(start?.metadata).toEqual({
      model: 'gpt-realtime',
      instructions: 'Greet.',
      tools: [],
      handoffs: [],
    });
    expect(input?.message).toEqual({ role: 'user', text: 'Good morning.' });
    expect(asked?.llm_invocation?.request).toEqual({
      operation: 'chat',
      model: 'gpt-realtime',
      messages: [{ role: 'user', content: 'Good morning.' }],
      system_instructions: [{ type: 'text', content: 'Greet.' }],
    });
    expect(answered?.llm_invocation).toMatchObject({
      prompt_tokens: USAGE.input_tokens,
      completion_tokens: USAGE.output_tokens,
      finish_reason: 'stop',
      response: { messages: [{ role: 'assistant', content: 'Good morning to you.' }] },
    });
    expect(output?.message).toEqual({ role: 'assistant', text: 'Good morning to you.' });
  });

  it('is recorded as text if its transcript comes while the agent answers', async () => {
    const session = await h.connect(greeter());
    const itemId = h.peer.hear();
    const sound = new Promise((resolve) => session.once('audio', resolve));
    h.peer.respond({ speech: 'Good morning to you.', unfinished: true });
    await sound;
    const answered = Date.now();
    await sleep(50);
    h.peer.transcribe(itemId, 'Good morning.');
    await h.ended('transcription gpt-4o-mini-transcribe');
    h.peer.finish();
    await h.ended('invoke_agent greeter');
    session.close();
    const events = await h.harness.events();
    expect(await h.eventLines()).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  AGENT_START greeter',
      '  STATE_UPDATE',
      '    MODEL_INVOCATION_START',
      '  INPUT_RECEIVED',
      '  MODEL_INVOCATION_END',
      '    MODEL_INVOCATION_END',
      '  OUTPUT_EMITTED',
      '  AGENT_END greeter',
      'SESSION_END',
    ]);
    const input = events.find((event) => event.type === 'EVENT_TYPE_INPUT_RECEIVED');
    expect(input?.message).toEqual({ role: 'user', text: 'Good morning.' });
    // The time of the question, not of its transcript, which came 50 ms after the answer began.
    expect(Date.parse(input?.timestamp ?? '') - answered).toBeLessThan(25);
  });

  it('is recorded as spoken if its transcript comes too late, and the transcript as a call of its own', async () => {
    const session = await h.connect(greeter());
    const itemId = h.peer.hear();
    h.peer.respond({ speech: 'Good morning to you.' });
    await h.ended('invoke_agent greeter');
    h.peer.transcribe(itemId, 'Good morning.');
    await h.ended('transcription gpt-4o-mini-transcribe');
    session.close();
    const events = await h.harness.events();
    expect(events.find((event) => event.type === 'EVENT_TYPE_INPUT_RECEIVED')?.message).toEqual({
      role: 'user',
      text: '',
      metadata: { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
    });
    expect(events.at(-2)?.llm_invocation?.response).toEqual({
      messages: [{ role: 'assistant', content: 'Good morning.' }],
    });
  });

  it('has no transcription if the session is configured without one', async () => {
    const session = await h.connect(greeter(), { config: { audio: { input: { transcription: null } } } });
    h.peer.hear();
    h.peer.respond({ speech: 'Good morning to you.' });
    await h.ended('invoke_agent greeter');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
  });

  it('can have a transcription that fails', async () => {
    const session = await h.connect(greeter());
    const itemId = h.peer.hear();
    h.peer.send({
      type: 'conversation.item.input_audio_transcription.failed',
      item_id: itemId,
      content_index: 0,
      error: { type: 'transcription_error', code: 'audio_unintelligible', message: 'Only noise' },
    });
    await h.ended('transcription gpt-4o-mini-transcribe');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  transcription gpt-4o-mini-transcribe [CLIENT] ✗ audio_unintelligible',
    ]);
    expect(await h.eventLines()).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  ERROR audio_unintelligible',
      '  MODEL_INVOCATION_END (failed)',
      'SESSION_END',
    ]);
  });
});

describe('A tool', () => {
  it('runs between two responses of one exchange, with the spans of its code beneath it', async () => {
    const seen: (string | undefined)[] = [];
    const agent = toolAgent(async (city) => {
      seen.push(activeName());
      h.peer.finish();
      await fetch(`${h.harness.server.origin}/healthz`);
      await responseDone;
      seen.push(activeName());
      return { city, sky: 'clear' };
    });
    const session = await h.connect(agent);
    const responseDone = new Promise((resolve) => session.once('agent_end', resolve));
    const asked = { calls: [weatherCall('Oslo')], unfinished: true };
    await h.ask(session, 'Weather in Oslo?', asked, { text: 'Clear.' });
    await h.ended('invoke_agent forecaster');
    session.close();
    expect(seen).toEqual(['execute_tool weather', 'execute_tool weather']);
    expect(spanTree(h.harness.allSpans())).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent forecaster [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool weather [INTERNAL]',
      '      GET [CLIENT]',
      '    chat gpt-realtime [CLIENT]',
    ]);
    expect(h.attributesOf('execute_tool weather')).toEqual([
      {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'weather',
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.description': 'The weather of a city',
        'gen_ai.tool.call.id': 'call_1',
        'gen_ai.agent.name': 'forecaster',
        'gen_ai.conversation.id': `conv_${h.peer.number}`,
      },
    ]);
    expect(h.attributesOf('chat gpt-realtime')).toMatchObject([
      { 'gen_ai.response.finish_reasons': ['tool_calls'], 'gen_ai.output.type': 'speech' },
      { 'gen_ai.response.finish_reasons': ['stop'], 'gen_ai.output.type': 'text' },
    ]);
    const events = await h.harness.events();
    expect(await h.eventLines()).toEqual([
      'SESSION_START',
      '  AGENT_START forecaster',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    TOOL_CALL_START weather',
      '    MODEL_INVOCATION_END',
      '    TOOL_CALL_END',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  OUTPUT_EMITTED',
      '  AGENT_END forecaster',
      'SESSION_END',
    ]);
    expect(events[1]?.metadata).toMatchObject({ role: 'Knows the weather', tools: ['weather'] });
    expect(events[5]?.tool_call).toEqual({
      id: 'call_1',
      name: 'weather',
      function_name: 'weather',
      arguments: { city: 'Oslo' },
    });
    expect(events[7]?.tool_response).toEqual({
      tool_call_id: 'call_1',
      output: { city: 'Oslo', sky: 'clear' },
      execution_time_ms: expect.any(Number),
    });
    expect(events[8]?.llm_invocation?.request?.messages).toEqual([
      {
        role: 'tool',
        content: [{ type: 'tool_call_response', id: 'call_1', response: { city: 'Oslo', sky: 'clear' } }],
      },
    ]);
  });

  it('can run at the same time as others, each in its own context', async () => {
    const seen: Record<string, (string | undefined)[]> = { Oslo: [], Rome: [] };
    let responses = 0;
    const agent = toolAgent(async (city) => {
      seen[city]?.push(trace.getActiveSpan()?.spanContext().spanId);
      // One ends with the first response, the other with the response to that result.
      await expect.poll(() => responses, { interval: 2 }).toBeGreaterThan(city === 'Rome' ? 0 : 1);
      seen[city]?.push(trace.getActiveSpan()?.spanContext().spanId);
      return 'clear';
    });
    const session = await h.connect(agent);
    session.on('agent_end', () => {
      responses += 1;
    });
    await h.ask(
      session,
      'Weather in Oslo and in Rome?',
      { calls: [weatherCall('Oslo', 'call_1'), weatherCall('Rome', 'call_2')] },
      { speech: 'Rome is clear.' },
      { speech: 'Oslo is clear, too.' },
    );
    await h.ended('invoke_agent forecaster');
    session.close();
    const [rome, oslo] = h.harness
      .spans()
      .filter((span) => span.name === 'execute_tool weather')
      .map((span) => span.spanContext().spanId);
    expect(seen).toEqual({ Oslo: [oslo, oslo], Rome: [rome, rome] });
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent forecaster [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool weather [INTERNAL]',
      '    execute_tool weather [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    chat gpt-realtime [CLIENT]',
    ]);
  });

  it('that returns a background result ends the exchange, because no response is due', async () => {
    const session = await h.connect(toolAgent(() => realtime.backgroundResult('noted')));
    await h.ask(session, 'Note Oslo.', { calls: [weatherCall('Oslo')] });
    await h.ended('invoke_agent forecaster');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent forecaster [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool weather [INTERNAL]',
    ]);
    expect((await h.eventLines()).filter((line) => line.includes('OUTPUT'))).toEqual([]);
  });

  it('keeps its exchange open beside the next one if the user does not wait', async () => {
    let finish: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const session = await h.connect(toolAgent(() => done));
    await h.ask(session, 'Weather in Oslo?', { calls: [weatherCall('Oslo')] });
    await h.ask(session, 'Never mind.', { speech: 'As you like.' });
    await h.ended('invoke_agent forecaster');
    h.server.replies = [{ speech: 'Oslo is clear, by the way.' }];
    finish();
    await h.ended('invoke_agent forecaster', 3);
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent forecaster [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    execute_tool weather [INTERNAL]',
      '  invoke_agent forecaster [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '  invoke_agent forecaster [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
  });
});

describe('A handoff', () => {
  it('ends the exchange of one agent, and the next response belongs to the other', async () => {
    const billing = new realtime.RealtimeAgent({ name: 'billing', instructions: 'Bill.' });
    const seen: (string | undefined)[] = [];
    const agent = new realtime.RealtimeAgent({
      name: 'greeter',
      instructions: 'Greet.',
      handoffs: [billing],
    });
    const session = await h.connect(agent);
    session.on('agent_handoff', () => {
      seen.push(activeName());
      h.peer.finish();
    });
    const handoff = { name: 'transfer_to_billing', callId: 'call_1', arguments: '{}' };
    await h.ask(
      session,
      'My bill is wrong.',
      { calls: [handoff], unfinished: true },
      { speech: 'Billing here.' },
    );
    await h.ended('invoke_agent billing');
    session.close();
    expect(seen).toEqual(['invoke_agent greeter']);
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    handoff billing [INTERNAL]',
      '  invoke_agent billing [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
    expect(h.attributesOf('handoff billing')).toEqual([
      {
        'openai_agents.span.type': 'handoff',
        'openai_agents.handoff.from_agent.name': 'greeter',
        'openai_agents.handoff.to_agent.name': 'billing',
        'gen_ai.conversation.id': `conv_${h.peer.number}`,
      },
    ]);
    expect(await h.eventLines()).toEqual([
      'SESSION_START',
      '  AGENT_START greeter',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    AGENT_HANDOFF billing',
      '    STATE_UPDATE',
      '    MODEL_INVOCATION_END',
      '  AGENT_END greeter',
      '  AGENT_START billing',
      '  STATE_UPDATE',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  OUTPUT_EMITTED',
      '  AGENT_END billing',
      'SESSION_END',
    ]);
  });

  it('leaves the other calls of the same response with the agent that requested them', async () => {
    const billing = new realtime.RealtimeAgent({ name: 'billing' });
    const agent = toolAgent(() => 'clear');
    agent.handoffs = [billing];
    const session = await h.connect(agent);
    const handoff = { name: 'transfer_to_billing', callId: 'call_1', arguments: '{}' };
    h.server.replies = [{ calls: [handoff], unfinished: true }, { speech: 'Billing here, and it is clear.' }];
    session.sendMessage('My bill, and the weather!');
    await h.ended('handoff billing');
    h.peer.call(weatherCall('Oslo', 'call_2'));
    await h.ended('execute_tool weather');
    h.peer.finish();
    await h.ended('invoke_agent billing');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent forecaster [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
      '    handoff billing [INTERNAL]',
      '    execute_tool weather [INTERNAL]',
      '  invoke_agent billing [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
  });

  it('can be made by the application between two exchanges', async () => {
    const billing = new realtime.RealtimeAgent({ name: 'billing' });
    const session = await h.connect(greeter());
    await session.updateAgent(billing);
    await h.ask(session, 'Hello?', { speech: 'Billing here.' });
    await h.ended('invoke_agent billing');
    session.close();
    expect(h.tree()).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  handoff billing [INTERNAL]',
      '  invoke_agent billing [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ]);
  });
});

describe('A session', () => {
  it('is beneath the active span, and its events are in the session of the application', async () => {
    await withSession({ id: 'call-17', name: 'phone' }, async () => {
      const session = await h.connect(greeter(), { workflowName: 'Front desk' });
      await h.ask(session, 'Hello?', { speech: 'Hello.' });
      await h.ended('invoke_agent greeter');
      session.close();
    });
    expect(h.tree()).toEqual([
      'session phone [INTERNAL]',
      '  realtime gpt-realtime [INTERNAL]',
      '    invoke_agent greeter [INTERNAL]',
      '      chat gpt-realtime [CLIENT]',
    ]);
    expect(h.attributesOf('realtime gpt-realtime')).toMatchObject([
      { 'session.id': 'call-17', 'gen_ai.workflow.name': 'Front desk' },
    ]);
    const tokensOf = (span: string) =>
      new Map(Object.entries(h.attributesOf(span)[0] ?? {})).get('gen_ai.usage.input_tokens');
    expect(tokensOf('session phone')).toBe(tokensOf('chat gpt-realtime'));
    expect(tokensOf('session phone')).toBeGreaterThan(0);
    const events = await h.harness.events();
    expect(new Set(events.map((event) => event.session_id))).toEqual(new Set(['call-17']));
    expect(events.at(-1)?.type).toBe('EVENT_TYPE_SESSION_END');
  });

  it('belongs to its group, which is the conversation of all its spans', async () => {
    for (const question of ['Hello?', 'It is me again.']) {
      const session = await h.connect(greeter(), { workflowName: 'Front desk', groupId: 'caller-5' });
      await h.ask(session, question, { speech: 'Hello.' });
      session.close();
    }
    expect(h.harness.spans().map((span) => span.attributes['gen_ai.conversation.id'])).toEqual(
      h.harness.spans().map(() => 'caller-5'),
    );
    const events = await h.harness.events();
    expect(new Set(events.map((event) => event.session_id))).toEqual(new Set(['caller-5']));
    expect(events.filter((event) => event.type === 'EVENT_TYPE_SESSION_START')).toHaveLength(1);
    expect(events[0]?.metadata).toMatchObject({ workflow: 'Front desk' });
  });

  it('can connect again, as a trace of its own', async () => {
    const session = await h.connect(greeter());
    await h.ask(session, 'Hello?', { speech: 'Hello.' });
    session.close();
    await session.connect({ apiKey: 'sk-local', url: h.server.url });
    await h.ask(session, 'Hello again?', { speech: 'Hello again.' });
    session.close();
    const tree = [
      'realtime gpt-realtime [INTERNAL]',
      '  invoke_agent greeter [INTERNAL]',
      '    chat gpt-realtime [CLIENT]',
    ];
    expect(h.tree()).toEqual([...tree, ...tree]);
  });

  it('is named after the model of its transport if it does not choose one', async () => {
    const session = await h.connect(greeter(), {
      model: undefined,
      transport: new realtime.OpenAIRealtimeWebSocket({ model: 'gpt-realtime-mini' }),
    } as never);
    session.close();
    expect(h.tree()).toEqual(['realtime gpt-realtime-mini [INTERNAL]']);
    expect(await h.eventLines()).toEqual(['SESSION_START', 'SESSION_END']);
  });
});
