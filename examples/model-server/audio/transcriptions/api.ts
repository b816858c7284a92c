import { answerEvents, answerJson, answerText } from '../../http/answer.js';
import { jsonBody } from '../../http/environment.js';
import { streamError } from '../../stream-error.js';
import type { UnscriptedApi } from '../../unscripted-call.js';
import { events, reply, type Task } from './reply.js';
import { readRequest, type TranscriptionRequest } from './request.js';

/** `POST /v1/audio/transcriptions`. */
export const transcribe = transcriptionApi('audio.transcriptions', 'transcribe');

/** `POST /v1/audio/translations`, which has no stream. */
export const translate = transcriptionApi('audio.translations', 'translate');

function transcriptionApi(name: string, task: Task): UnscriptedApi<TranscriptionRequest> {
  return {
    name,
    read: (c) => readRequest(jsonBody(c)),
    modelOf: (request) => request.model,
    answer(c, request, faults) {
      if (request.stream && task === 'transcribe') {
        return answerEvents(c, events(request), faults, streamError);
      }
      const body = reply(request, task);
      if (typeof body === 'string') return answerText(c, body, 'text/plain; charset=utf-8', faults);
      return answerJson(c, body, faults);
    },
  };
}
