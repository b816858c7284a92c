import { ATTR_GEN_AI_DATA_SOURCE_ID } from '../../../semconv/attributes.js';
import { OPERATION_RETRIEVAL } from '../../../semconv/operations.js';
import type { ClientOperation } from '../client-operation.js';
import { searchArguments, searchAttributes, searchContent } from './request.js';
import { readSearchPage, searchFacts, searchResultContent } from './response.js';

export const vectorStores: ClientOperation = {
  resource: ['VectorStores'],
  method: 'search',
  everywhere: true,
  operationName: OPERATION_RETRIEVAL,
  spanTarget: ATTR_GEN_AI_DATA_SOURCE_ID,
  readArguments: searchArguments,
  requestAttributes: searchAttributes,
  requestContent: searchContent,
  readResponse: readSearchPage,
  responseContent: searchResultContent,
  facts: searchFacts,
};
