import { asText } from '../../../foreign/read.js';
import { ATTR_GEN_AI_REQUEST_MODEL } from '../../../semconv/attributes.js';
import { SPAN_TYPE_DECISION } from '../../../semconv/operations.js';
import { bodyAndOptions, type ClientOperation } from '../client-operation.js';
import { decisionRequestDetails } from './request.js';
import { decisionMessages, readDecision } from './response.js';

/** Not in 7.0.0 and before. */
export const decisions: ClientOperation = {
  resource: ['Decisions'],
  method: 'create',
  everywhere: false,
  spanType: SPAN_TYPE_DECISION,
  spanTarget: ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: ({ model }) => ({ [ATTR_GEN_AI_REQUEST_MODEL]: asText(model) }),
  requestDetails: decisionRequestDetails,
  readResponse: readDecision,
  outputMessages: decisionMessages,
};
