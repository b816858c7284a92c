import { asText } from '../../../foreign/read.js';
import { ATTR_GEN_AI_REQUEST_MODEL } from '../../../semconv/attributes.js';
import { SPAN_TYPE_MODERATION } from '../../../semconv/operations.js';
import { bodyAndOptions, type ClientOperation } from '../client-operation.js';
import { moderationRequestDetails } from './request.js';
import { moderationFacts, moderationMessages, readModeration } from './response.js';

export const moderations: ClientOperation = {
  resource: ['Moderations'],
  method: 'create',
  everywhere: true,
  spanType: SPAN_TYPE_MODERATION,
  spanTarget: ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: ({ model }) => ({ [ATTR_GEN_AI_REQUEST_MODEL]: asText(model) }),
  requestDetails: moderationRequestDetails,
  readResponse: readModeration,
  outputMessages: moderationMessages,
  facts: moderationFacts,
};
