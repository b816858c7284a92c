import * as semconv from '../../semconv/attributes.js';
import { OPERATION_CHAT } from '../../semconv/operations.js';
import { bodyAndOptions, type ClientOperation } from '../client-operation.js';
import { requestedChoices } from '../request-attributes.js';
import { ChatChunks } from './chunks.js';
import { chatFacts } from './facts.js';
import { chatOutputMessages, chatRequestDetails } from './messages.js';
import { chatRequestAttributes } from './request.js';
import { readChatResponse } from './response.js';

export const chatCompletions: ClientOperation = {
  resource: ['Chat', 'Completions'],
  method: 'create',
  everywhere: true,
  operationName: OPERATION_CHAT,
  targetAttribute: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: chatRequestAttributes,
  requestDetails: chatRequestDetails,
  choiceCount: ({ n }) => requestedChoices(n),
  readResponse: readChatResponse,
  answer: 'a chat completion',
  outputMessages: chatOutputMessages,
  accumulateChunks: (keepContent) => new ChatChunks(keepContent),
  facts: chatFacts,
};
