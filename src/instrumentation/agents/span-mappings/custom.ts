import { SpanKind } from '@opentelemetry/api';
import { asNonEmptyString } from '../../../json/readers.js';
import * as semconv from '../../../semconv/attributes.js';
import type { SpanMapping } from './span-mapping.js';

/**
 * A span of the application, under its own name, and any type of span that this package does not know. Its data is
 * the application's and may be anything, so it is not copied.
 */
export const custom: SpanMapping = {
  deferred: false,

  start: (data) => {
    const type = asNonEmptyString(data.type) ?? 'custom';
    return {
      name: asNonEmptyString(data.name) ?? type,
      kind: SpanKind.INTERNAL,
      attributes: { [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: type },
    };
  },

  end: () => ({ attributes: {} }),
};
