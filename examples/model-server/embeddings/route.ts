import type { Handler } from 'hono';
import { answerJson } from '../http/answer.js';
import { type Environment, jsonBody } from '../http/environment.js';
import { replaceReply } from '../http/replace-reply.js';
import { headerFaults, requireModel, type Stage } from '../model-call.js';
import { reply } from './reply.js';
import { readRequest } from './request.js';

/** `POST /v1/embeddings`. No scenario speaks here, but the faults of the request's header apply. */
export function embeddings(stage: Stage): Handler<Environment> {
  return async (c) => {
    const request = readRequest(jsonBody(c));
    requireModel(request.model, stage);
    const faults = stage.ledger.take(headerFaults(c, c.req.header('x-fault-key') ?? 'embeddings'));
    return (await replaceReply(c, request.model, faults)) ?? answerJson(c, reply(request), faults);
  };
}
