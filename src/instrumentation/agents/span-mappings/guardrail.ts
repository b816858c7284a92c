import { SpanKind } from '@opentelemetry/api';
import { asNonEmptyString } from '../../../json/readers.js';
import * as semconv from '../../../semconv/attributes.js';
import { spanName } from '../../../semconv/operations.js';
import type { SpanMapping } from './span-mapping.js';

/** The convention has no operation for a guardrail. A guardrail that trips did its work, so its span is not an error. */
export const guardrail: SpanMapping = {
  deferred: false,

  start: (data) => ({
    name: spanName('guardrail', asNonEmptyString(data.name)),
    kind: SpanKind.INTERNAL,
    attributes: {
      [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: 'guardrail',
      [semconv.ATTR_OPENAI_AGENTS_GUARDRAIL_NAME]: asNonEmptyString(data.name),
    },
  }),

  end: (data) => ({
    attributes: { [semconv.ATTR_OPENAI_AGENTS_GUARDRAIL_TRIGGERED]: data.triggered === true },
  }),
};
