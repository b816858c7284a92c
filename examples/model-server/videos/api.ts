import type OpenAI from 'openai';
import { z } from 'zod';
import { checkBody } from '../check-body.js';
import { answerJson } from '../http/answer.js';
import { type Exchange, jsonBody } from '../http/environment.js';
import { derivedId, newSeed } from '../ids.js';
import type { UnscriptedApi } from '../unscripted-call.js';

const schema = z.looseObject({
  prompt: z.string().min(1),
  model: z.string().default('sora-2'),
  seconds: z.string().default('4'),
  size: z.enum(['720x1280', '1280x720', '1024x1792', '1792x1024']).default('720x1280'),
});
type VideoRequest = z.infer<typeof schema> & { readonly remixed: string | null };

/** A prompt with this word in it is blocked. */
const BLOCKED = 'forbidden';

/** `POST /v1/videos`. */
export const createVideo = videosApi('videos.create');

/** `POST /v1/videos/edits`. The source video is not looked at. */
export const editVideo = videosApi('videos.edit');

/** `POST /v1/videos/extensions`. The source video is not looked at. */
export const extendVideo = videosApi('videos.extend');

/** `POST /v1/videos/{id}/remix`. */
export const remixVideo = videosApi('videos.remix', (c) => c.req.param('id') ?? null);

function videosApi(
  name: string,
  remixedVideo: (c: Exchange) => string | null = () => null,
): UnscriptedApi<VideoRequest> {
  return {
    name,
    read: (c) => ({ ...checkBody(schema, jsonBody(c)), remixed: remixedVideo(c) }),
    modelOf: (request) => request.model,
    answer: (c, request, faults) => answerJson(c, job(request), faults),
  };
}

/** A job, which stays queued because no model works on it. */
function job({ prompt, model, seconds, size, remixed }: VideoRequest): OpenAI.Video {
  const blocked = prompt.includes(BLOCKED);
  return {
    id: derivedId('video_', newSeed()),
    object: 'video',
    created_at: Math.floor(Date.now() / 1000),
    completed_at: null,
    expires_at: null,
    status: blocked ? 'failed' : 'queued',
    error: blocked ? { code: 'moderation_blocked', message: 'The prompt was blocked.' } : null,
    progress: 0,
    model,
    prompt,
    seconds,
    size,
    remixed_from_video_id: remixed,
  };
}
