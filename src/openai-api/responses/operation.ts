import { asRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import type { Message } from '../../semconv/messages.js';
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
  spanTarget: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: responsesRequestAttributes,
  requestDetails: responsesRequestDetails,
  requestContent: promptVariables,
  choiceCount: () => 1,
  readResponse: readResponsesResponse,
  outputMessages: responsesOutputMessages,
  accumulateChunks: (keepContent) => new ResponsesChunks(keepContent),
  facts: responsesFacts,
  hostedCalls,
};

/** Makes a long conversation shorter: a model's work, and billed as such. */
const compact: ClientOperation = {
  resource: ['Responses'],
  method: 'compact',
  everywhere: false,
  operationName: OPERATION_CHAT,
  spanTarget: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: responsesRequestAttributes,
  requestDetails: responsesRequestDetails,
  choiceCount: () => 1,
  readResponse: readResponsesResponse,
  outputMessages: compactedMessages,
};

/** The convention wants no identifier in this span's name, so it has no target. */
const retrieve: ClientOperation = {
  resource: ['Responses'],
  method: 'retrieve',
  everywhere: true,
  operationName: OPERATION_FETCH_RESPONSE,
  readArguments: fetchArguments,
  requestAttributes: fetchAttributes,
  readResponse: readFetchedResponse,
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
 * A compaction gives back the conversation's messages, not answers: each is told as in an input, so that what the
 * user said is not put in the assistant's mouth.
 */
export function compactedMessages(value: unknown): Message[] {
  return responsesInputMessages(asRecord(value)?.output);
}
