import { answerJson } from '../http/answer.js';
import { jsonBody } from '../http/environment.js';
import { derivedId, newSeed } from '../ids.js';
import type { UnscriptedApi } from '../unscripted-call.js';
import { usage } from './reply.js';
import { type ResponsesRequest, readRequest, readTurn, userTexts } from './request.js';

/** Fixed length of a compaction, because its content is not looked up. */
const COMPACTION_TOKENS = 24;

/** `POST /v1/responses/compact`: the user's messages, and one item in place of all others. */
export const compactResponse: UnscriptedApi<ResponsesRequest> = {
  name: 'responses.compact',
  read: (c) => readRequest(jsonBody(c)),
  modelOf: (request) => request.model,
  answer: (c, request, faults) =>
    answerJson(c, compaction(request, newSeed(), Math.floor(Date.now() / 1000)), faults),
};

export function compaction(request: ResponsesRequest, seed: string, createdAt: number): object {
  const messages = userTexts(request).map((text, index) => ({
    id: derivedId('msg_', seed, index + 1),
    type: 'message',
    status: 'completed',
    role: 'user',
    content: [{ type: 'input_text', text }],
  }));
  const rest = {
    id: derivedId('cmp_', seed, messages.length + 1),
    type: 'compaction',
    encrypted_content: Buffer.from(seed).toString('base64'),
  };
  const inputTokens = countTokens(request);
  const tokens = { inputTokens, outputTokens: COMPACTION_TOKENS, cachedTokens: 0, reasoningTokens: 0 };
  return {
    id: derivedId('resp_', seed),
    object: 'response.compaction',
    created_at: createdAt,
    output: [...messages, rest],
    usage: usage({ usage: tokens }),
  };
}

/** `POST /v1/responses/input_tokens`. */
export const countInputTokens: UnscriptedApi<ResponsesRequest> = {
  name: 'responses.input_tokens',
  read: (c) => readRequest(jsonBody(c)),
  modelOf: (request) => request.model,
  answer: (c, request, faults) =>
    answerJson(c, { object: 'response.input_tokens', input_tokens: countTokens(request) }, faults),
};

function countTokens(request: ResponsesRequest): number {
  return Math.ceil(readTurn(request).promptChars / 4);
}
