import { afterEach, describe, expect, it } from 'vitest';
import type { CaptureMode } from '../../src/index.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
afterEach(() => harness.stop());

const CONTENT = ['gen_ai.input.messages', 'gen_ai.output.messages', 'gen_ai.system_instructions'];
const INPUT = [{ role: 'user', parts: [{ type: 'text', content: 'What is the capital of France?' }] }];
const INSTRUCTIONS = [{ type: 'text', content: 'Be brief.' }];
const OUTPUT = [
  {
    role: 'assistant',
    parts: [{ type: 'text', content: 'The capital of France is Paris.' }],
    finish_reason: 'stop',
  },
];
const request = {
  model: 'plain',
  instructions: 'Be brief.',
  input: 'What is the capital of France?',
};

const contentNames = (attributes: Readonly<Record<string, unknown>>) =>
  Object.keys(attributes)
    .filter((name) => CONTENT.includes(name))
    .sort();

describe('Message content', () => {
  it.each<[mode: CaptureMode | boolean, onSpan: boolean, onEvent: boolean]>([
    ['NO_CONTENT', false, false],
    [false, false, false],
    ['SPAN_ONLY', true, false],
    [true, true, false],
    ['EVENT_ONLY', false, true],
    ['SPAN_AND_EVENT', true, true],
  ])('goes to its destinations with %o', async (captureMessageContent, onSpan, onEvent) => {
    harness = await startHarness({ events: false, instrumentation: { captureMessageContent } });
    await harness.client.responses.create(request);
    const [span] = harness.spans();
    expect(contentNames(span?.attributes ?? {})).toEqual(onSpan ? CONTENT : []);
    if (onSpan) {
      const texts = CONTENT.map((name) => JSON.parse(String(span?.attributes[name])));
      expect(texts).toEqual([INPUT, OUTPUT, INSTRUCTIONS]);
    }
    expect(harness.logs.records()).toEqual(
      onEvent
        ? [
            {
              eventName: 'gen_ai.client.inference.operation.details',
              severityNumber: 5,
              body: undefined,
              spanContext: expect.objectContaining({ spanId: span?.spanContext().spanId }),
              attributes: {
                'gen_ai.operation.name': 'chat',
                'gen_ai.provider.name': 'openai',
                'gen_ai.request.model': 'plain',
                'gen_ai.response.finish_reasons': ['stop'],
                'gen_ai.response.id': expect.stringMatching(/^resp_/),
                'gen_ai.response.model': 'plain',
                'gen_ai.usage.input_tokens': expect.any(Number),
                'gen_ai.usage.output_tokens': expect.any(Number),
                'gen_ai.usage.cache_read.input_tokens': 0,
                'gen_ai.usage.cache_write.input_tokens': 0,
                'gen_ai.usage.reasoning.output_tokens': 0,
                'gen_ai.input.messages': INPUT,
                'gen_ai.output.messages': OUTPUT,
                'gen_ai.system_instructions': INSTRUCTIONS,
                'openai.api.type': 'responses',
                'openai.response.service_tier': 'default',
                'server.address': '127.0.0.1',
                'server.port': Number(new URL(harness.server.origin).port),
              },
            },
          ]
        : [],
    );
  });

  it('is the request if the call failed, beside the error', async () => {
    harness = await startHarness({ events: false, instrumentation: { captureMessageContent: 'EVENT_ONLY' } });
    const failing = harness.client.responses.create(request, {
      headers: { 'x-fault': 'http-error;status=403;code=my_code', 'x-fault-key': crypto.randomUUID() },
    });
    await expect(failing).rejects.toThrow();
    expect(harness.logs.records().filter(({ eventName }) => eventName?.endsWith('.details'))).toMatchObject([
      { attributes: { 'error.type': 'my_code', 'gen_ai.input.messages': INPUT } },
    ]);
  });

  it('is what was sent, also when the caller changes it afterwards', async () => {
    harness = await startHarness({
      events: false,
      instrumentation: { captureMessageContent: 'SPAN_AND_EVENT' },
    });
    const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
    const answer = harness.client.chat.completions.create({ model: 'plain', messages });
    // The client serialises the request some microtasks later, and sends it at once.
    await new Promise<void>((next) => setImmediate(next));
    messages[0] = { role: 'user', content: 'changed' };
    messages.push({ role: 'user', content: 'more' });
    await answer;
    expect(JSON.parse(String(harness.spans()[0]?.attributes['gen_ai.input.messages']))).toEqual(INPUT);
    expect(harness.logs.records()[0]?.attributes['gen_ai.input.messages']).toEqual(INPUT);
  });

  it('is shortened to valid JSON beyond the limit', async () => {
    harness = await startHarness({
      events: false,
      instrumentation: { captureMessageContent: 'SPAN_AND_EVENT', contentLengthLimit: 300 },
    });
    const long = 'x'.repeat(10_000);
    await harness.client.chat.completions.create({
      model: 'plain',
      messages: [
        { role: 'system', content: long },
        { role: 'user', content: 'Hello' },
      ],
    });
    const text = String(harness.spans()[0]?.attributes['gen_ai.input.messages']);
    expect(text.length).toBeLessThanOrEqual(300);
    const shortened = [
      {
        role: 'system',
        parts: [{ type: 'text', content: expect.stringMatching(/^x+… \[\d+ characters cut\]$/) }],
      },
      { role: 'user', parts: [{ type: 'text', content: 'Hello' }] },
    ];
    expect(JSON.parse(text)).toEqual(shortened);
    expect(harness.logs.records()[0]?.attributes['gen_ai.input.messages']).toEqual(shortened);
  });
});
