/** Transcripts are recorded if content may be recorded; audio never is. */
import * as realtime from '@openai/agents/realtime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CollectedMetric } from '../harness/meter-provider.js';
import { type RealtimeHarness, startRealtimeHarness } from './realtime-harness.js';
import { SOUND } from './realtime-server.js';

let h: RealtimeHarness;
beforeAll(async () => {
  h = await startRealtimeHarness();
});
afterEach(() => h.checkAndReset());
afterAll(() => h.stop());

/** The user speaks, the agent calls a tool and speaks. */
async function talk(): Promise<void> {
  const agent = new realtime.RealtimeAgent({
    name: 'forecaster',
    instructions: 'Tell the weather.',
    tools: [
      realtime.tool({
        name: 'weather',
        description: 'The weather of a city',
        parameters: z.object({ city: z.string() }),
        execute: ({ city }) => `Clear in ${city}`,
      }),
    ],
  });
  const session = await h.connect(agent, { historyStoreAudio: true });
  session.sendAudio(new Uint8Array(Buffer.from(SOUND, 'base64')).buffer as ArrayBuffer);
  h.peer.hear('Weather in Oslo?');
  h.server.replies = [{ speech: 'Clear skies.' }];
  h.peer.respond({ calls: [{ name: 'weather', callId: 'call_1', arguments: '{"city":"Oslo"}' }] });
  await h.ended('invoke_agent forecaster');
  session.close();
}

const WORDS = ['Tell the weather.', 'Weather in Oslo?', 'Clear in Oslo', 'Clear skies.'];

async function everything(): Promise<Record<'spans' | 'logs' | 'metrics' | 'events', string>> {
  const spans = h.harness.spans().map(({ name, attributes, events, status }) => {
    return { name, attributes, events, status };
  });
  const logs = h.harness.logs.records().map(({ body, attributes }) => ({ body, attributes }));
  const [metrics, events] = [await h.harness.metrics.collect(), await h.harness.events()];
  return {
    spans: JSON.stringify(spans),
    logs: JSON.stringify(logs),
    metrics: JSON.stringify(metrics),
    events: JSON.stringify(events),
  };
}

/** The recorded points by metric: the attributes of each, and its count or sum. */
function recorded(metrics: readonly CollectedMetric[]) {
  return Object.fromEntries(
    metrics
      .filter(({ points }) => points.length > 0)
      .map(({ name, unit, points }) => [
        `${name} ${unit}`,
        points.map(({ attributes, value }) => ({
          ...attributes,
          is: typeof value === 'number' ? value : unit === 's' ? `${value.count} times` : value.sum,
        })),
      ]),
  );
}

const wordsIn = (text: string) => WORDS.filter((words) => text.includes(words));

describe.each([
  ['NO_CONTENT', [], []],
  ['SPAN_ONLY', WORDS, []],
  ['EVENT_ONLY', [], WORDS],
  ['SPAN_AND_EVENT', WORDS, WORDS],
] as const)('captureMessageContent %s', (captureMessageContent, onSpans, inLogs) => {
  it('decides where text is recorded, and audio is recorded nowhere', async () => {
    h.harness.instrumentation.setConfig({ captureMessageContent });
    await talk();
    const { spans, logs, metrics, events } = await everything();
    expect(wordsIn(spans)).toEqual(onSpans);
    expect(wordsIn(logs)).toEqual(inLogs);
    expect(wordsIn(metrics)).toEqual([]);
    // The audit trail has its own policy.
    expect(wordsIn(events)).toEqual(WORDS);
    for (const recorded of [spans, logs, metrics, events]) expect(recorded).not.toContain(SOUND.slice(0, 24));
  });
});

it('content is the same on a span as for any model call', async () => {
  h.harness.instrumentation.setConfig({ captureMessageContent: true });
  await talk();
  const parsed = h.attributesOf('chat gpt-realtime').map((attributes) =>
    Object.fromEntries(
      Object.entries(attributes)
        .filter(([name]) => /messages|instructions|definitions/.test(name))
        .map(([name, value]) => [name, JSON.parse(String(value))]),
    ),
  );
  const common = {
    'gen_ai.system_instructions': [{ type: 'text', content: 'Tell the weather.' }],
    'gen_ai.tool.definitions': [{ type: 'function', name: 'weather' }],
  };
  const text = (content: string) => [{ type: 'text', content }];
  expect(parsed).toEqual([
    {
      ...common,
      'gen_ai.input.messages': [{ role: 'user', parts: text('Weather in Oslo?') }],
      'gen_ai.output.messages': [
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Oslo' } }],
          finish_reason: 'tool_call',
        },
      ],
    },
    {
      ...common,
      'gen_ai.input.messages': [
        {
          role: 'tool',
          parts: [{ type: 'tool_call_response', id: 'call_1', response: 'Clear in Oslo' }],
        },
      ],
      'gen_ai.output.messages': [{ role: 'assistant', parts: text('Clear skies.'), finish_reason: 'stop' }],
    },
  ]);
  expect(h.attributesOf('execute_tool weather')).toMatchObject([
    { 'gen_ai.tool.call.arguments': '{"city":"Oslo"}', 'gen_ai.tool.call.result': '"Clear in Oslo"' },
  ]);
  expect(h.attributesOf('transcription gpt-4o-mini-transcribe')).toMatchObject([
    {
      'gen_ai.output.messages': JSON.stringify([
        { role: 'assistant', parts: text('Weather in Oslo?'), finish_reason: 'stop' },
      ]),
    },
  ]);
});

it('metrics are the same as for any model call, agent and tool', async () => {
  h.harness.instrumentation.setConfig({});
  await h.harness.metrics.collect();
  await talk();
  const common = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-realtime',
    'gen_ai.response.model': 'gpt-realtime',
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(h.server.url).port),
  };
  const agent = { 'gen_ai.agent.name': 'forecaster' };
  const tokens = (text: number, audio: number) => [
    { ...common, 'gen_ai.token.modality': 'text', is: text },
    { ...common, 'gen_ai.token.modality': 'audio', is: audio },
  ];
  expect(recorded(await h.harness.metrics.collect())).toEqual({
    'gen_ai.client.inference.duration s': [{ ...common, is: '2 times' }],
    'gen_ai.client.inference.time_to_first_chunk s': [{ ...common, is: '1 times' }],
    'gen_ai.client.inference.usage.input_tokens {token}': tokens(240, 160),
    'gen_ai.client.inference.usage.output_tokens {token}': tokens(40, 160),
    'gen_ai.client.inference.usage.cache_read.input_tokens {token}': [
      { ...common, 'gen_ai.token.modality': 'text', is: 128 },
    ],
    'gen_ai.client.inference.operation.input_tokens {token}': [{ ...common, is: 400 }],
    'gen_ai.client.inference.operation.output_tokens {token}': [{ ...common, is: 200 }],
    'gen_ai.execute_tool.duration s': [
      { ...agent, 'gen_ai.tool.name': 'weather', 'gen_ai.tool.type': 'function', is: '1 times' },
    ],
    'gen_ai.invoke_agent.duration s': [{ ...agent, 'gen_ai.request.model': 'gpt-realtime', is: '1 times' }],
    'gen_ai.invoke_agent.inference_calls {inference_call}': [{ ...agent, is: 2 }],
    'gen_ai.invoke_agent.tool_calls {tool_call}': [{ ...agent, is: 1 }],
  });
});
