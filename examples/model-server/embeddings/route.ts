import { answerJson } from '../http/answer.js';
import { jsonBody } from '../http/environment.js';
import type { UnscriptedApi } from '../unscripted-call.js';
import { reply } from './reply.js';
import { type EmbeddingsRequest, readRequest } from './request.js';

/** `POST /v1/embeddings`. */
export const embeddings: UnscriptedApi<EmbeddingsRequest> = {
  name: 'embeddings',
  read: (c) => readRequest(jsonBody(c)),
  modelOf: (request) => request.model,
  answer: (c, request, faults) => answerJson(c, reply(request), faults),
};
