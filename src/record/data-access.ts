import { OBJECT, TEXT, TEXTS } from '../options/option-rules.js';
import * as semconv from '../semconv/attributes.js';
import { type FactKind, recordFact } from './record-fact.js';

/** Options of {@link recordDataAccess}. */
export interface DataAccessOptions {
  /** What was read, by a name like a URI: `vector://products`, `postgres://crm/customers`. `data_access.datasource`. */
  datasource: string;
  /** `data_access.document_ids` of the event; on the span the first 100. */
  documentIds?: readonly string[];
  /** `data_access.chunk_ids` of the event; on the span the first 100. */
  chunkIds?: readonly string[];
  /** Kinds of personal data in it: `email`, `health`. `data_access.pii_categories` of the event. */
  piiCategories?: readonly string[];
  /** What else there is to know, without content. `metadata` of the event; not on the span. */
  metadata?: object;
  /**
   * What was asked and found. In the `metadata` of the event where message content may be recorded (option
   * `captureMessageContent` of `ChaukasSpanProcessor`); never on the span.
   */
  content?: object;
}

const DATA_ACCESS: FactKind<DataAccessOptions> = {
  caller: 'recordDataAccess',
  rules: {
    datasource: { ...TEXT, required: true },
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
 * vector stores and hosted tools are recorded without it; where the name of a tool says enough, see option
 * `toolEvents` of `ChaukasSpanProcessor`.
 *
 * It becomes an event of the span that is active, and an audit event DATA_ACCESS (chaukas-spec, `DataAccess`) in the
 * session and under the agent or tool around it. Outside of any span it is a session of its own; where nothing
 * records, it is nothing.
 *
 * ```ts
 * recordDataAccess({ datasource: 'postgres://crm/customers', documentIds: [customer.id], piiCategories: ['email'] });
 * ```
 *
 * Never throws. A required option that is missing or wrong records nothing, any other is left out; `diag` is warned of
 * each, once.
 */
export function recordDataAccess(options: DataAccessOptions): void {
  recordFact(DATA_ACCESS, options);
}
