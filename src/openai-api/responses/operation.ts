import { toJsonValue } from '../../json/json.js';
import { asRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import type { GenAiMessage } from '../../semconv/messages.js';
import { OPERATION_CHAT, OPERATION_FETCH_RESPONSE } from '../../semconv/operations.js';
import { bodyAndOptions, type ClientOperation } from '../client-operation.js';
import { ResponsesChunks } from './chunks.js';
import { responsesFacts } from './facts.js';
import { hostedCalls } from './hosted-tool-calls.js';
import { responsesInputMessages, responsesOutputMessages, responsesRequestDetails } from './messages.js';
import { promptVariables, responsesRequestAttributes } from './request.js';
import { readResponsesResponse } from './response.js';
import {
  fetchArguments,
  fetchAttributes,
  fetchedContent,
  fetchFacts,
  readFetchedResponse,
} from './retrieve.js';

const create: ClientOperation = {
  resource: ['Responses'],
  method: 'create',
  everywhere: true,
  operationName: OPERATION_CHAT,
  targetAttribute: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: responsesRequestAttributes,
  requestDetails: responsesRequestDetails,
  requestContent: promptVariables,
  choiceCount: () => 1,
  readResponse: readResponsesResponse,
  answer: 'a response',
  outputMessages: responsesOutputMessages,
  accumulateChunks: (keepContent) => new ResponsesChunks(keepContent),
  facts: responsesFacts,
  hostedCalls,
};

/** Shortens a long conversation. A model does it, and it is billed as a model call. */
const compact: ClientOperation = {
  resource: ['Responses'],
  method: 'compact',
  everywhere: false,
  operationName: OPERATION_CHAT,
  targetAttribute: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: responsesRequestAttributes,
  requestDetails: responsesRequestDetails,
  choiceCount: () => 1,
  readResponse: readResponsesResponse,
  answer: 'a response',
  outputMessages: compactedMessages,
};

/** No `targetAttribute`, because the convention wants no identifier in the name of this span. */
const retrieve: ClientOperation = {
  resource: ['Responses'],
  method: 'retrieve',
  everywhere: true,
  operationName: OPERATION_FETCH_RESPONSE,
  readArguments: fetchArguments,
  pathMembers: ([id]) => ({ response_id: id }),
  requestAttributes: fetchAttributes,
  readResponse: readFetchedResponse,
  answer: 'a response',
  outputMessages: responsesOutputMessages,
  responseContent: fetchedContent,
  accumulateChunks: (keepContent) => new ResponsesChunks(keepContent),
  facts: fetchFacts,
};

const STABLE: readonly ClientOperation[] = [create, compact, retrieve];

/** The beta resource (in 6.49 and later, not in 6.0) has the same methods. */
export const responses: readonly ClientOperation[] = [
  ...STABLE,
  ...STABLE.map((row) => ({ ...row, resource: ['Beta', ...row.resource], everywhere: false })),
];

/**
 * A compaction returns the conversation's messages, not answers. Each is read like an input message, so that the
 * user's messages keep the user's role.
 */
export function compactedMessages(value: unknown): GenAiMessage[] {
  return responsesInputMessages(asRecord(toJsonValue(value))?.output);
}
