import { OPERATION_CHAT } from '../../../semconv/operations.js';
import type { ModelOperation } from '../model-operation.js';
import { ResponsesChunks } from './chunks.js';
import { responsesOutputMessages, responsesRequestDetails } from './messages.js';
import { responsesRequestAttributes } from './request.js';
import { readResponsesResponse } from './response.js';

export const responses: ModelOperation = {
  resource: ['Responses'],
  operationName: OPERATION_CHAT,
  requestAttributes: responsesRequestAttributes,
  requestDetails: responsesRequestDetails,
  readResponse: readResponsesResponse,
  outputMessages: responsesOutputMessages,
  accumulateChunks: (keepContent) => new ResponsesChunks(keepContent),
};
