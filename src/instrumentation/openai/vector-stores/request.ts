import type { Attributes } from '@opentelemetry/api';
import { asArray, asInteger, asText, type ForeignRecord, ownMembers } from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_DATA_SOURCE_ID,
  ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT,
  ATTR_GEN_AI_RETRIEVAL_TOP_K,
} from '../../../semconv/attributes.js';
import type { ContentAttributes } from '../../content-attributes.js';
import type { CallArguments } from '../client-operation.js';

/** `search(vectorStoreID, body, options)` */
export function searchArguments([vectorStoreId, body, options]: readonly unknown[]): CallArguments {
  return { request: { ...ownMembers(body), vector_store_id: vectorStoreId }, options };
}

export function searchAttributes(request: ForeignRecord): Attributes {
  return {
    [ATTR_GEN_AI_DATA_SOURCE_ID]: asText(request.vector_store_id),
    [ATTR_GEN_AI_RETRIEVAL_TOP_K]: asInteger(request.max_num_results),
  };
}

export function searchContent(request: ForeignRecord): ContentAttributes {
  return { [ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT]: queryText(request) };
}

/** Several queries are asked at once, and the convention has room for one text. */
export function queryText({ query }: ForeignRecord): string | undefined {
  if (typeof query === 'string') return asText(query);
  return asText(
    asArray(query)
      .filter((item) => typeof item === 'string')
      .join('\n'),
  );
}
