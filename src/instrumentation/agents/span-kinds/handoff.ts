import { SpanKind as OtelSpanKind } from '@opentelemetry/api';
import { asText } from '../../../foreign/read.js';
import {
  ATTR_OPENAI_AGENTS_HANDOFF_FROM,
  ATTR_OPENAI_AGENTS_HANDOFF_TO,
  ATTR_OPENAI_AGENTS_SPAN_TYPE,
} from '../../../semconv/attributes.js';
import { spanName } from '../../../semconv/operations.js';
import type { SpanKind } from './span-kind.js';

/** The convention has no operation for a handoff. Deferred, because the SDK learns the target last. */
export const handoff: SpanKind = {
  deferred: true,

  start: (data, { handoffInput, contentWanted }) => ({
    name: spanName('handoff', asText(data.to_agent)),
    kind: OtelSpanKind.INTERNAL,
    attributes: {
      [ATTR_OPENAI_AGENTS_SPAN_TYPE]: 'handoff',
      [ATTR_OPENAI_AGENTS_HANDOFF_FROM]: asText(data.from_agent),
    },
    details: contentWanted && handoffInput !== undefined ? { handoff: { input: handoffInput } } : undefined,
  }),

  end: (data) => ({
    name: spanName('handoff', asText(data.to_agent)),
    attributes: { [ATTR_OPENAI_AGENTS_HANDOFF_TO]: asText(data.to_agent) },
  }),
};
