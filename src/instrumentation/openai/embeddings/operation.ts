import { ATTR_GEN_AI_REQUEST_MODEL } from '../../../semconv/attributes.js';
import { OPERATION_EMBEDDINGS } from '../../../semconv/operations.js';
import { bodyAndOptions, type ClientOperation } from '../client-operation.js';
import { embeddingsRequestAttributes, embeddingsRequestDetails } from './request.js';
import { readEmbeddingsResponse } from './response.js';

/** The vectors are no content to record: nobody could read them. */
export const embeddings: ClientOperation = {
  resource: ['Embeddings'],
  method: 'create',
  everywhere: true,
  operationName: OPERATION_EMBEDDINGS,
  spanTarget: ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: embeddingsRequestAttributes,
  requestDetails: embeddingsRequestDetails,
  readResponse: readEmbeddingsResponse,
};
