import { OPERATION_CHAT } from '../../../semconv/operations.js';
import type { ModelOperation } from '../model-operation.js';
import { ChatChunks } from './chunks.js';
import { chatOutputMessages, chatRequestDetails } from './messages.js';
import { chatRequestAttributes } from './request.js';
import { readChatResponse } from './response.js';

export const chatCompletions: ModelOperation = {
  resource: ['Chat', 'Completions'],
  operationName: OPERATION_CHAT,
  requestAttributes: chatRequestAttributes,
  requestDetails: chatRequestDetails,
  readResponse: readChatResponse,
  outputMessages: chatOutputMessages,
  accumulateChunks: (keepContent) => new ChatChunks(keepContent),
};
