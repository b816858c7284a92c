/** The Agents SDK's own spans for voice, which an application creates around its speech models. */
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

const SOUND = Buffer.from('the sound of a voice, again and again').toString('base64');

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  const events = await harness.events();
  expect(streamViolations(events)).toEqual([]);
  const recorded = JSON.stringify([harness.spans().map((span) => span.attributes), events]);
  expect(recorded).not.toContain(SOUND.slice(0, 24));
  harness.instrumentation.setConfig({});
  await harness.reset();
});
afterAll(() => harness.stop());

/** A question is transcribed, answered and spoken. */
async function answerAloud(): Promise<void> {
  await agents.withTrace('Voice', async () => {
    await agents.withTranscriptionSpan(
      async (span) => {
        span.spanData.output = 'Good morning.';
      },
      { data: { model: 'whisper-1', input: { data: SOUND, format: 'pcm' } } },
    );
    await agents.withSpeechGroupSpan(
      async () => {
        await agents.withSpeechSpan(
          async (span) => {
            span.spanData.output = { data: SOUND, format: 'pcm' };
          },
          { data: { model: 'tts-1', input: 'Good morning to you.' } as never },
        );
      },
      { data: { input: 'Good morning to you.' } },
    );
  });
}

describe("An application's voice spans", () => {
  it('are model calls like those of the client, in their own group', async () => {
    await answerAloud();
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow Voice [INTERNAL]',
      '  transcription whisper-1 [CLIENT]',
      '  speech_group [INTERNAL]',
      '    speech tts-1 [CLIENT]',
    ]);
    expect(harness.spans().map((span) => span.attributes)).toEqual([
      {
        'openai_agents.span.type': 'transcription',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'whisper-1',
      },
      {
        'openai_agents.span.type': 'speech',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'tts-1',
        'gen_ai.output.type': 'speech',
      },
      { 'openai_agents.span.type': 'speech_group' },
      expect.objectContaining({ 'gen_ai.workflow.name': 'Voice' }),
    ]);
    const events = await harness.events();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
    expect(events[3]?.llm_invocation).toMatchObject({
      model: 'tts-1',
      request: { operation: 'speech', messages: [{ role: 'user', content: 'Good morning to you.' }] },
    });
  });

  it('have the text on them if content is captured', async () => {
    harness.instrumentation.setConfig({ captureMessageContent: true });
    await answerAloud();
    const message = (role: string, content: string, more = {}) =>
      JSON.stringify([{ role, parts: [{ type: 'text', content }], ...more }]);
    const attributesOf = (name: string) => harness.spans().find((span) => span.name === name)?.attributes;
    expect(attributesOf('transcription whisper-1')).toMatchObject({
      'gen_ai.output.messages': message('assistant', 'Good morning.', { finish_reason: 'stop' }),
    });
    expect(attributesOf('speech tts-1')).toMatchObject({
      'gen_ai.input.messages': message('user', 'Good morning to you.'),
    });
  });

  it('can name their model late or not at all', async () => {
    await agents.withTrace('Voice', async () => {
      await agents.withTranscriptionSpan(
        async (span) => {
          span.spanData.model = 'whisper-2';
        },
        { data: { input: { data: SOUND, format: 'pcm' } } },
      );
      await agents.withSpeechSpan(async () => {}, { data: { output: { data: SOUND, format: 'pcm' } } });
    });
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow Voice [INTERNAL]',
      '  transcription whisper-2 [CLIENT]',
      '  speech [CLIENT]',
    ]);
  });

  it('can fail', async () => {
    await agents
      .withTrace('Voice', () =>
        agents.withTranscriptionSpan(
          async () => {
            throw new RangeError('too quiet');
          },
          { data: { model: 'whisper-1', input: { data: SOUND, format: 'pcm' } } },
        ),
      )
      .catch(() => {});
    expect(spanTree(harness.spans())[1]).toMatch(/^ {2}transcription whisper-1 \[CLIENT\] ✗ /);
  });
});
