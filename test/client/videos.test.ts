/** Video jobs through the real client and the local model server. The client has them in 6.49.0 and later. */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

const hasVideos = 'remix' in Object(new OpenAI({ apiKey: 'sk-local' }).videos);

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ instrumentation: { captureMessageContent: true } });
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  expect(streamViolations(await harness.events())).toEqual([]);
  await harness.reset();
});
afterAll(() => harness.stop());

const prompt = 'A cat';
const video = { id: 'video_1' };
const parsed = (value: unknown): unknown => JSON.parse(String(value));

describe.runIf(hasVideos)('A video job', () => {
  it.each<[method: string, start: (videos: OpenAI['videos']) => Promise<unknown>, name: string]>([
    ['create', (videos) => videos.create({ model: 'sora-2', prompt }), 'generate_content sora-2'],
    ['edit', (videos) => videos.edit({ prompt, video }), 'generate_content'],
    ['extend', (videos) => videos.extend({ prompt, seconds: '8', video }), 'generate_content'],
    ['remix', (videos) => videos.remix(video.id, { prompt }), 'generate_content'],
  ])('of %s is one span and one model invocation', async (_method, start, name) => {
    await start(harness.client.videos);
    const [span] = harness.spans();
    expect(spanTree(harness.spans())).toEqual([`${name} [CLIENT]`]);
    expect(span?.kind).toBe(SpanKind.CLIENT);
    expect(span?.attributes).toMatchObject({
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.id': expect.stringMatching(/^video_/),
      'gen_ai.response.model': 'sora-2',
      'openai_agents.request_id': expect.stringMatching(/^req_/),
      'server.address': '127.0.0.1',
    });
    expect(Object.keys(span?.attributes ?? {}).filter((key) => /usage|finish_reasons/.test(key))).toEqual([]);
    expect(eventLines(await harness.events())).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
  });

  it('has its prompt, its source and the queued job as content', async () => {
    await harness.client.videos.remix(video.id, { prompt });
    const attributes = harness.spans()[0]?.attributes;
    expect(parsed(attributes?.['gen_ai.input.messages'])).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'text', content: prompt },
          { type: 'file', modality: 'video', file_id: video.id },
        ],
      },
    ]);
    expect(parsed(attributes?.['gen_ai.output.messages'])).toMatchObject([
      { role: 'assistant', parts: [{ type: 'video_job', status: 'queued', seconds: '4' }] },
    ]);
  });

  it('fails its span if the job has failed', async () => {
    await harness.client.videos.create({ prompt: 'A forbidden cat' });
    const [span] = harness.spans();
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'The prompt was blocked.' });
    expect(span?.attributes['error.type']).toBe('moderation_blocked');
  });

  it('fails its span if the API refuses the request, after its retries', async () => {
    const headers = { 'x-fault': 'server-error;times=2', 'x-fault-key': crypto.randomUUID() };
    const refused = harness.client.videos.create({ model: 'sora-2', prompt }, { headers, maxRetries: 1 });
    await expect(refused).rejects.toMatchObject({ status: 500 });
    expect(spanTree(harness.spans())).toEqual(['generate_content sora-2 [CLIENT] ✗ server_error']);
    expect(harness.spans()[0]?.attributes['http.request.resend_count']).toBe(1);
    expect(eventLines(await harness.events())).toEqual(
      expect.arrayContaining([expect.stringContaining('RETRY')]),
    );
  });
});
