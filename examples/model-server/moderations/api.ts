import { answerJson } from '../http/answer.js';
import { jsonBody } from '../http/environment.js';
import { newSeed } from '../ids.js';
import type { UnscriptedApi } from '../unscripted-call.js';
import { reply } from './reply.js';
import { type ModerationsRequest, readRequest } from './request.js';

/** `POST /v1/moderations`. */
export const moderations: UnscriptedApi<ModerationsRequest> = {
  name: 'moderations',
  read: (c) => readRequest(jsonBody(c)),
  modelOf: (request) => request.model ?? 'omni-moderation-latest',
  answer: (c, request, faults) => answerJson(c, reply(request, newSeed()), faults),
};
