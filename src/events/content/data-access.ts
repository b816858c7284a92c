import type { DataAccess, EventContent } from '../../chaukas/event.js';
import { type JsonObject, parseJson, presentMembers } from '../../json/json.js';
import { asArray, asNonEmptyString, asRecord } from '../../json/readers.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { DataAccessSignal, FactOf, SettledCall } from '../../signals/signal.js';
import type { EventBody } from '../event-body.js';
import { type SpanSnapshot, textAttribute } from '../spans/span-snapshot.js';
import { errorInfo } from './error.js';

/** A `data_access`. The metadata holds what it has no field for. */
type DataAccessContent = EventContent & { readonly metadata?: JsonObject };

export function dataAccessOfSignal(
  signal: FactOf<DataAccessSignal>,
  includeContent: boolean,
): DataAccessContent {
  const content = includeContent ? signal.content : undefined;
  const settled = signal.settled && settledMetadata(signal.settled);
  return {
    data_access: withoutAbsent<DataAccess>({
      datasource: signal.datasource,
      document_ids: signal.documentIds && [...signal.documentIds],
      chunk_ids: signal.chunkIds && [...signal.chunkIds],
      pii_categories: signal.piiCategories && [...signal.piiCategories],
    }),
    ...((signal.metadata !== undefined || content !== undefined || settled !== undefined) && {
      metadata: { ...signal.metadata, ...settled, ...content },
    }),
  };
}

/** The model call that ended in the background: its span, whose END had no tokens, and why it failed. */
function settledMetadata({ span, attributes }: SettledCall): JsonObject {
  return presentMembers({
    model_invocation_span_id: span.spanId,
    error_code: attributes[semconv.ATTR_ERROR_TYPE],
  });
}

/** Returns the event of a model call that failed in the background; `undefined` if the access has seen none. */
export function backgroundFailure(
  { settled }: Pick<DataAccessSignal, 'settled'>,
  timestamp: string,
  includeContent: boolean,
): EventBody | undefined {
  if (settled?.failure === undefined) return undefined;
  return {
    type: 'EVENT_TYPE_ERROR',
    timestamp,
    error: errorInfo(settled.failure, includeContent),
    metadata: { model_invocation_span_id: settled.span.spanId },
  };
}

/** Returns the content of a retrieval that is known from its span alone, without a signal. */
export function dataAccessOfSpan(span: SpanSnapshot, includeContent: boolean): DataAccessContent {
  const id = textAttribute(span, semconv.ATTR_GEN_AI_DATA_SOURCE_ID);
  const query = textAttribute(span, semconv.ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT);
  const documentIds = asArray(parseJson(span.attributes[semconv.ATTR_GEN_AI_RETRIEVAL_DOCUMENTS]))
    .map((document) => asNonEmptyString(asRecord(document)?.id))
    .filter((documentId) => documentId !== undefined);
  return {
    data_access: withoutAbsent<DataAccess>({
      datasource: id === undefined ? span.name : `vector://${id}`,
      document_ids: documentIds.length > 0 ? documentIds : undefined,
    }),
    ...(includeContent && query !== undefined && { metadata: { query } }),
  };
}
