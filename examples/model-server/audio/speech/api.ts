import { answerBytes, answerEvents } from '../../http/answer.js';
import { jsonBody } from '../../http/environment.js';
import { streamError } from '../../stream-error.js';
import type { UnscriptedApi } from '../../unscripted-call.js';
import { events, soundOf } from './reply.js';
import { contentTypeOf, readRequest, type SpeechRequest } from './request.js';

/** `POST /v1/audio/speech`. */
export const speech: UnscriptedApi<SpeechRequest> = {
  name: 'audio.speech',
  read: (c) => readRequest(jsonBody(c)),
  modelOf: (request) => request.model,
  answer(c, request, faults) {
    if (request.stream_format === 'sse') return answerEvents(c, events(request), faults, streamError);
    return answerBytes(c, soundOf(request), contentTypeOf(request), faults);
  },
};
