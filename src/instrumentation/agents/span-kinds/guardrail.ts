import { SpanKind as OtelSpanKind } from '@opentelemetry/api';
import { asText } from '../../../foreign/read.js';
import {
  ATTR_OPENAI_AGENTS_GUARDRAIL_NAME,
  ATTR_OPENAI_AGENTS_GUARDRAIL_TRIGGERED,
  ATTR_OPENAI_AGENTS_SPAN_TYPE,
} from '../../../semconv/attributes.js';
import { spanName } from '../../../semconv/operations.js';
import type { SpanKind } from './span-kind.js';

/** The convention has no operation for a guardrail. One that trips has worked: its own span is no error. */
export const guardrail: SpanKind = {
  deferred: false,

  start: (data) => ({
    name: spanName('guardrail', asText(data.name)),
    kind: OtelSpanKind.INTERNAL,
    attributes: {
      [ATTR_OPENAI_AGENTS_SPAN_TYPE]: 'guardrail',
      [ATTR_OPENAI_AGENTS_GUARDRAIL_NAME]: asText(data.name),
    },
  }),

  end: (data) => ({ attributes: { [ATTR_OPENAI_AGENTS_GUARDRAIL_TRIGGERED]: data.triggered === true } }),
};
