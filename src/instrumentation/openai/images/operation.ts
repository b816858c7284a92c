import { ATTR_GEN_AI_REQUEST_MODEL } from '../../../semconv/attributes.js';
import { OPERATION_GENERATE_CONTENT } from '../../../semconv/operations.js';
import { bodyAndOptions, type ClientOperation } from '../client-operation.js';
import { ImageChunks } from './chunks.js';
import { imagesRequestAttributes, imagesRequestDetails } from './request.js';
import { imagesOutputMessages, readImagesResponse } from './response.js';

/** The API gives no finish reasons, so none is due. */
export const images: readonly ClientOperation[] = ['generate', 'edit', 'createVariation'].map((method) => ({
  resource: ['Images'],
  method,
  everywhere: true,
  operationName: OPERATION_GENERATE_CONTENT,
  spanTarget: ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: imagesRequestAttributes,
  requestDetails: imagesRequestDetails,
  readResponse: readImagesResponse,
  outputMessages: imagesOutputMessages,
  accumulateChunks: (keepContent) => new ImageChunks(keepContent),
}));
