import { answerJson } from '../http/answer.js';
import { jsonBody } from '../http/environment.js';
import type { UnscriptedApi } from '../unscripted-call.js';
import { reply } from './reply.js';
import { type DecisionRequest, readRequest } from './request.js';

/** `POST /v1/decisions`. */
export const decisions: UnscriptedApi<DecisionRequest> = {
  name: 'decisions',
  read: (c) => readRequest(jsonBody(c)),
  modelOf: (request) => request.model,
  answer: (c, request, faults) => answerJson(c, reply(request), faults),
};
