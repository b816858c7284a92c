import type { SseEvent } from '../http/sse.js';
import { look, PIXEL, usage } from './reply.js';
import type { ImagesRequest } from './request.js';

/** Partial images and the final image. The events of an edit differ only in name. */
export function* events(
  request: ImagesRequest,
  about: 'image_generation' | 'image_edit',
  created: number,
): Generator<SseEvent, void, void> {
  const base = { b64_json: PIXEL, created_at: created, ...look(request) };
  for (let index = 0; index < request.partialImages; index += 1) {
    const type = `${about}.partial_image`;
    yield { event: type, data: { type, ...base, partial_image_index: index } };
  }
  const type = `${about}.completed`;
  // A stream contains one image, whatever `n` is.
  yield { event: type, data: { type, ...base, usage: usage({ ...request, n: 1 }) } };
}
