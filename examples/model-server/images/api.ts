import { answerEvents, answerJson } from '../http/answer.js';
import { jsonBody } from '../http/environment.js';
import { newSeed } from '../ids.js';
import { streamError } from '../stream-error.js';
import type { UnscriptedApi } from '../unscripted-call.js';
import { events } from './chunks.js';
import { reply } from './reply.js';
import { type ImagesRequest, readEdit, readGeneration, readVariation } from './request.js';

/** `POST /v1/images/generations`. */
export const generateImage = imagesApi('images.generate', readGeneration, 'image_generation');

/** `POST /v1/images/edits`. */
export const editImage = imagesApi('images.edit', readEdit, 'image_edit');

/** `POST /v1/images/variations`, which has no stream. */
export const varyImage = imagesApi('images.variation', readVariation, 'image_edit');

function imagesApi(
  name: string,
  read: (body: unknown) => ImagesRequest,
  about: 'image_generation' | 'image_edit',
): UnscriptedApi<ImagesRequest> {
  return {
    name,
    read: (c) => read(jsonBody(c)),
    modelOf: (request) => request.model,
    answer(c, request, faults) {
      const now = Math.floor(Date.now() / 1000);
      if (request.stream) return answerEvents(c, events(request, about, now), faults, streamError);
      return answerJson(c, reply(request, newSeed(), now), faults);
    },
  };
}
