import { SpanKind as OtelSpanKind } from '@opentelemetry/api';
import { asNonEmptyString } from '../../../json/readers.js';
import * as semconv from '../../../semconv/attributes.js';
import type { SpanMapping } from './span-mapping.js';

/**
 * The application's own span, by its own name; also what any type becomes that this package does not know. Its data
 * is the application's and may be anything, so it is not copied.
 */
export const custom: SpanMapping = {
  deferred: false,

  start: (data) => {
    const type = asNonEmptyString(data.type) ?? 'custom';
    return {
      name: asNonEmptyString(data.name) ?? type,
      kind: OtelSpanKind.INTERNAL,
      attributes: { [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: type },
    };
  },

  end: () => ({ attributes: {} }),
};
