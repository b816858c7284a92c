import { SpanKind } from '@opentelemetry/api';
import { asNonEmptyString } from '../../../json/readers.js';
import * as semconv from '../../../semconv/attributes.js';
import { spanName } from '../../../semconv/operations.js';
import type { SpanMapping } from './span-mapping.js';

/** The convention has no operation for a handoff. Deferred, because the SDK learns the target last. */
export const handoff: SpanMapping = {
  deferred: true,

  start: (data, { handoffInput, content }) => ({
    name: spanName('handoff', asNonEmptyString(data.to_agent)),
    kind: SpanKind.INTERNAL,
    attributes: {
      [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: 'handoff',
      [semconv.ATTR_OPENAI_AGENTS_HANDOFF_FROM]: asNonEmptyString(data.from_agent),
    },
    details: () => {
      const input = content.wanted ? handoffInput?.() : undefined;
      return input === undefined ? undefined : { handoff: { input } };
    },
  }),

  end: (data) => ({
    name: spanName('handoff', asNonEmptyString(data.to_agent)),
    attributes: { [semconv.ATTR_OPENAI_AGENTS_HANDOFF_TO]: asNonEmptyString(data.to_agent) },
  }),
};
