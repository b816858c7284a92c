import type { JsonObject, JsonValue } from '../../../foreign/json.js';
import { asArray, asNumber, asRecord, asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import { ATTR_GEN_AI_RETRIEVAL_DOCUMENTS } from '../../../semconv/attributes.js';
import type { Fact } from '../../../signals/publish-fact.js';
import type { ContentAttributes } from '../../content-attributes.js';
import type { ModelResponse } from '../model-response.js';
import { queryText } from './request.js';

/** The client hands out a page, which has its results in `data`. No model has a say in it. */
export function readSearchPage(value: unknown): ModelResponse | undefined {
  return Array.isArray(asRecord(value)?.data) ? {} : undefined;
}

export function searchResultContent(value: unknown): ContentAttributes {
  return { [ATTR_GEN_AI_RETRIEVAL_DOCUMENTS]: searchResults(value).map(toDocument) };
}

export function searchFacts(value: unknown, request: ForeignRecord): readonly Fact[] {
  const storeId = asText(request.vector_store_id);
  if (storeId === undefined) return [];
  const results = searchResults(value);
  const query = queryText(request);
  const documentIds = results.map(({ file_id }) => asText(file_id)).filter((id) => id !== undefined);
  return [
    {
      type: 'data.access',
      datasource: `vector://${storeId}`,
      // A file comes once for each of its parts that was found.
      documentIds: [...new Set(documentIds)],
      content: { ...(query !== undefined && { query }), results: results.map(toDocument) },
    },
  ];
}

function searchResults(value: unknown): readonly ForeignRecord[] {
  return asArray(asRecord(value)?.data).filter(isRecord);
}

function toDocument(result: ForeignRecord): JsonObject {
  const members: Record<string, JsonValue | undefined> = {
    id: asText(result.file_id),
    score: asNumber(result.score),
    filename: asText(result.filename),
    content: asArray(result.content)
      .map((part) => asText(asRecord(part)?.text))
      .filter((text) => text !== undefined),
  };
  const given = Object.entries(members).filter(
    (entry): entry is [string, JsonValue] => entry[1] !== undefined,
  );
  return Object.fromEntries(given);
}
