import { SpanKind as OtelSpanKind } from '@opentelemetry/api';
import { asText } from '../../../foreign/read.js';
import { ATTR_OPENAI_AGENTS_SPAN_TYPE } from '../../../semconv/attributes.js';
import type { SpanKind } from './span-kind.js';

/**
 * The application's own span, by its own name; also what any type becomes that this package does not know. Its data
 * is the application's and may be anything, so it is not copied.
 */
export const custom: SpanKind = {
  deferred: false,

  start: (data) => {
    const type = asText(data.type) ?? 'custom';
    return {
      name: asText(data.name) ?? type,
      kind: OtelSpanKind.INTERNAL,
      attributes: { [ATTR_OPENAI_AGENTS_SPAN_TYPE]: type },
    };
  },

  end: () => ({ attributes: {} }),
};
