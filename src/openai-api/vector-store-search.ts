import type { Attributes } from '@opentelemetry/api';
import { type JsonObject, presentMembers } from '../json/json.js';
import {
  asArray,
  asInteger,
  asNonEmptyString,
  asNumber,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import type { ContentAttributes } from '../semconv/messages.js';
import { OPERATION_RETRIEVAL } from '../semconv/operations.js';
import type { Fact } from '../signals/signal.js';
import type { CallArguments, ClientOperation } from './client-operation.js';
import type { ModelResponseDetails } from './model-response.js';

export const vectorStores: ClientOperation = {
  resource: ['VectorStores'],
  method: 'search',
  everywhere: true,
  operationName: OPERATION_RETRIEVAL,
  targetAttribute: semconv.ATTR_GEN_AI_DATA_SOURCE_ID,
  readArguments: searchArguments,
  pathMembers: ([id]) => ({ vector_store_id: id }),
  requestAttributes: searchAttributes,
  requestContent: searchContent,
  readResponse: readSearchPage,
  responseContent: searchResultContent,
  facts: searchFacts,
};

/** `search(vectorStoreID, body, options)` */
function searchArguments([vectorStoreId, body, options]: readonly unknown[]): CallArguments {
  return { body, members: { vector_store_id: vectorStoreId }, options };
}

function searchAttributes(request: UnknownRecord): Attributes {
  return {
    [semconv.ATTR_GEN_AI_DATA_SOURCE_ID]: asNonEmptyString(request.vector_store_id),
    [semconv.ATTR_GEN_AI_RETRIEVAL_TOP_K]: asInteger(request.max_num_results),
  };
}

function searchContent(request: UnknownRecord): ContentAttributes {
  return { [semconv.ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT]: queryText(request) };
}

/** Several queries can be sent at once, but the convention has room for one text only. */
function queryText({ query }: UnknownRecord): string | undefined {
  if (typeof query === 'string') return asNonEmptyString(query);
  return asNonEmptyString(
    asArray(query)
      .filter((item) => typeof item === 'string')
      .join('\n'),
  );
}

/** The client returns a page with its results in `data`. No model is involved, so there is nothing else to read. */
function readSearchPage(value: unknown): ModelResponseDetails | undefined {
  return Array.isArray(asRecord(value)?.data) ? {} : undefined;
}

function searchResultContent(value: unknown): ContentAttributes {
  return { [semconv.ATTR_GEN_AI_RETRIEVAL_DOCUMENTS]: searchResults(value).map(toDocument) };
}

function searchFacts(value: unknown, request: UnknownRecord): readonly Fact[] {
  const storeId = asNonEmptyString(request.vector_store_id);
  if (storeId === undefined) return [];
  const results = searchResults(value);
  const query = queryText(request);
  const documentIds = results
    .map(({ file_id }) => asNonEmptyString(file_id))
    .filter((id) => id !== undefined);
  return [
    {
      type: 'data.access',
      datasource: `vector://${storeId}`,
      // A file is listed once for each of its parts that was found.
      documentIds: [...new Set(documentIds)],
      content: { ...(query !== undefined && { query }), results: results.map(toDocument) },
    },
  ];
}

function searchResults(value: unknown): readonly UnknownRecord[] {
  return asArray(asRecord(value)?.data).filter(isRecord);
}

function toDocument(result: UnknownRecord): JsonObject {
  return presentMembers({
    id: asNonEmptyString(result.file_id),
    score: asNumber(result.score),
    filename: asNonEmptyString(result.filename),
    content: asArray(result.content)
      .map((part) => asNonEmptyString(asRecord(part)?.text))
      .filter((text) => text !== undefined),
  });
}
