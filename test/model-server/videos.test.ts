import { toFile } from 'openai';
import { expect, test } from 'vitest';
import { clientOf, serverForFile } from './local-client.js';

const server = serverForFile();
const prompt = 'A cat';
const source = { video: { id: 'video_1' } };

test('A new video has the documented fields and stays queued', async () => {
  const image = await toFile(Buffer.from('PNG'), 'cat.png', { type: 'image/png' });
  expect(
    await clientOf(server()).videos.create({ model: 'sora-2-pro', prompt, input_reference: image }),
  ).toEqual({
    id: expect.stringMatching(/^video_/),
    object: 'video',
    created_at: expect.any(Number),
    completed_at: null,
    expires_at: null,
    status: 'queued',
    error: null,
    progress: 0,
    model: 'sora-2-pro',
    prompt,
    seconds: '4',
    size: '720x1280',
    remixed_from_video_id: null,
  });
});

test('Edits, extensions and remixes are videos of the default model', async () => {
  const { videos } = clientOf(server());
  const queued = { object: 'video', status: 'queued', model: 'sora-2', prompt };
  expect(await videos.edit({ prompt, ...source })).toMatchObject(queued);
  expect(await videos.extend({ prompt, seconds: '8', ...source })).toMatchObject({ ...queued, seconds: '8' });
  expect(await videos.remix('video_1', { prompt })).toMatchObject({
    ...queued,
    remixed_from_video_id: 'video_1',
  });
});

test('A forbidden prompt gives a failed job', async () => {
  expect(await clientOf(server()).videos.create({ prompt: 'A forbidden cat' })).toMatchObject({
    status: 'failed',
    error: { code: 'moderation_blocked' },
  });
});

test.each([
  [{ prompt: '' }, 400],
  [{ prompt, model: 'nobody' }, 404],
])('%j is rejected', async (body, status) => {
  await expect(clientOf(server()).videos.create(body)).rejects.toMatchObject({ status });
});
