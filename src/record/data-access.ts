import { OBJECT, required, TEXT, TEXTS } from '../options/option-rules.js';
import * as semconv from '../semconv/attributes.js';
import { type FactKind, recordFact } from './record-fact.js';

/** Options of {@link recordDataAccess}. */
export interface DataAccessOptions {
  /** The data that was read, named like a URI: `vector://products`, `postgres://crm/customers`. `data_access.datasource`. */
  datasource: string;
  /** `data_access.document_ids` of the event. The span has the first 100. */
  documentIds?: readonly string[];
  /** `data_access.chunk_ids` of the event. The span has the first 100. */
  chunkIds?: readonly string[];
  /** Kinds of personal data that were read: `email`, `health`. `data_access.pii_categories` of the event. */
  piiCategories?: readonly string[];
  /** More facts without content. `metadata` of the event; not on the span. */
  metadata?: object;
  /**
   * The query and its results. In the `metadata` of the event if message content may be recorded (option
   * `captureMessageContent` of `ChaukasSpanProcessor`); never on the span.
   */
  content?: object;
}

const DATA_ACCESS: FactKind<DataAccessOptions> = {
  caller: 'recordDataAccess',
  rules: {
    datasource: required(TEXT),
    documentIds: TEXTS,
    chunkIds: TEXTS,
    piiCategories: TEXTS,
    metadata: OBJECT,
    content: OBJECT,
  },
  spanEventName: semconv.EVENT_OPENAI_AGENTS_DATA_ACCESS,
  spanEventAttributes: ({ datasource, documentIds, chunkIds, piiCategories }) => ({
    [semconv.ATTR_OPENAI_AGENTS_DATA_ACCESS_DATASOURCE]: datasource,
    [semconv.ATTR_OPENAI_AGENTS_DATA_ACCESS_DOCUMENT_IDS]: documentIds && [...documentIds],
    [semconv.ATTR_OPENAI_AGENTS_DATA_ACCESS_CHUNK_IDS]: chunkIds && [...chunkIds],
    [semconv.ATTR_OPENAI_AGENTS_DATA_ACCESS_PII_CATEGORIES]: piiCategories && [...piiCategories],
  }),
  fact: (options) => ({ type: 'data.access', ...options }),
};

/**
 * Records that stored data was read: rows of a database, documents of an index, a customer's file. Searches in OpenAI's
 * vector stores and hosted tools are recorded automatically. If the name of a tool says enough, use option `toolEvents` of
 * `ChaukasSpanProcessor` instead.
 *
 * The fact becomes an event of the active span, and an audit event DATA_ACCESS (chaukas-spec, `DataAccess`) in the
 * span's session, under the surrounding agent or tool. Outside of any span the audit event is a session of its own. If
 * neither a recording span nor a `ChaukasSpanProcessor` exists, the call does nothing.
 *
 * ```ts
 * recordDataAccess({ datasource: 'postgres://crm/customers', documentIds: [customer.id], piiCategories: ['email'] });
 * ```
 *
 * Never throws. If a required option is missing or wrong, nothing is recorded; any other wrong option is left out. Each
 * is logged to `diag` once.
 */
export function recordDataAccess(options: DataAccessOptions): void {
  recordFact(DATA_ACCESS, options);
}
