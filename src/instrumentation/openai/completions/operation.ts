import { ATTR_GEN_AI_REQUEST_MODEL } from '../../../semconv/attributes.js';
import { OPERATION_TEXT_COMPLETION } from '../../../semconv/operations.js';
import { readChatResponse } from '../chat-completions/response.js';
import { bodyAndOptions, type ClientOperation } from '../client-operation.js';
import { CompletionChunks } from './chunks.js';
import { completionOutputMessages, completionRequestDetails } from './messages.js';
import { completionChoiceCount, completionRequestAttributes } from './request.js';

export const completions: ClientOperation = {
  resource: ['Completions'],
  method: 'create',
  everywhere: true,
  operationName: OPERATION_TEXT_COMPLETION,
  spanTarget: ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: completionRequestAttributes,
  requestDetails: completionRequestDetails,
  choiceCount: completionChoiceCount,
  readResponse: readChatResponse,
  outputMessages: completionOutputMessages,
  accumulateChunks: (keepContent) => new CompletionChunks(keepContent),
};
