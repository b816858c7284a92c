import { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { checkBody } from '../check-body.js';
import { answerEvents, answerJson } from '../http/answer.js';
import type { SseEvent } from '../http/sse.js';
import type { UnscriptedApi } from '../unscripted-call.js';
import { errorEvent, events } from './chunks.js';
import { bodyOf, type KeptResponse, type KeptResponses, lookAt } from './kept-responses.js';

const querySchema = z.looseObject({
  stream: z.enum(['true', 'false']).optional(),
  starting_after: z.coerce.number().int().nonnegative().optional(),
});

interface Retrieval {
  readonly response: KeptResponse;
  readonly stream: boolean;
  /** The sequence number of the first event to send. */
  readonly from: number;
}

/** `GET /v1/responses/{id}`, plain or as the events after a given one. */
export function retrieveResponse(kept: KeptResponses): UnscriptedApi<Retrieval> {
  return {
    name: 'responses.retrieve',
    read(c) {
      const { stream, starting_after: after } = checkBody(querySchema, c.req.query());
      const response = known(kept, c.req.param('id'));
      return { response, stream: stream === 'true', from: after === undefined ? 0 : after + 1 };
    },
    answer(c, { response, stream, from }, faults) {
      if (!stream) return answerJson(c, lookAt(response), faults);
      if (response.state !== 'cancelled') response.state = 'ended';
      const { request, plan } = response;
      // Events are numbered from 0, also for a response that was not streamed at first.
      const all = events({ ...request, stream: true }, plan);
      const wanted = eventsFrom(response.state === 'cancelled' ? beforeOutput(all) : all, from);
      return answerEvents(c, wanted, faults, (sent) => errorEvent(from + sent));
    },
  };
}

function* eventsFrom(all: Iterable<SseEvent>, from: number): Generator<SseEvent, void, void> {
  let sequence = 0;
  for (const event of all) {
    if (sequence >= from) yield event;
    sequence += 1;
  }
}

/** The events of a response that was cancelled. */
function* beforeOutput(all: Iterable<SseEvent>): Generator<SseEvent, void, void> {
  for (const event of all) {
    if (event.event === 'response.output_item.added') return;
    yield event;
  }
}

/** `POST /v1/responses/{id}/cancel`. */
export function cancelResponse(kept: KeptResponses): UnscriptedApi<KeptResponse> {
  return {
    name: 'responses.cancel',
    read(c) {
      const response = known(kept, c.req.param('id'));
      if (!response.request.background) throw invalidRequest('Cannot cancel a synchronous response.');
      return response;
    },
    answer(c, response, faults) {
      if (response.state !== 'ended') response.state = 'cancelled';
      return answerJson(c, bodyOf(response), faults);
    },
  };
}

/** `DELETE /v1/responses/{id}`. */
export function deleteResponse(kept: KeptResponses): UnscriptedApi<string> {
  return {
    name: 'responses.delete',
    read(c) {
      const id = c.req.param('id') ?? '';
      known(kept, id);
      return id;
    },
    answer(c, id, faults) {
      kept.delete(id);
      return answerJson(c, { id, object: 'response', deleted: true }, faults);
    },
  };
}

function known(kept: KeptResponses, id = ''): KeptResponse {
  const response = kept.get(id);
  if (response) return response;
  throw invalidRequest(`Response with id '${id}' not found.`, { param: 'id' }, 404);
}
