import type { Attributes } from '@opentelemetry/api';
import * as semconv from '../../../semconv/attributes.js';
import type { SpanSnapshot } from '../span-snapshot.js';
import { ATTR_GEN_AI_SYSTEM, ATTR_LLM_REQUEST_TYPE, earlierConvention } from './earlier-convention.js';
import { ATTR_OPENINFERENCE_SPAN_KIND, openInference } from './openinference.js';
import { ATTR_TRACELOOP_SPAN_KIND, traceloopEntity } from './traceloop.js';
import { ATTR_VERCEL_OPERATION, vercelAi } from './vercel-ai.js';

/** What a span says in the words of the current convention; nothing where it says nothing of GenAI. */
type Dialect = (span: SpanSnapshot) => Attributes | undefined;

const STATUS_ERROR = 2;

/**
 * The span as the current GenAI convention would have it, where another instrumentation made it in other words:
 * OpenInference, OpenLLMetry, earlier versions of the convention, the Vercel AI SDK. What is not known here stays as it
 * is. The very same span where there is nothing to translate, which takes no more than a look at a few names: it is done
 * for every span that starts and ends.
 */
export function translateSpan(span: SpanSnapshot): SpanSnapshot {
  const dialect = dialectOf(span.attributes);
  const told = dialect?.(span);
  if (told === undefined) return span;
  const errorType = thrownType(span);
  return withAttributes(span, {
    ...span.attributes,
    ...present(told),
    ...(errorType !== undefined && { [semconv.ATTR_ERROR_TYPE]: errorType }),
  });
}

function dialectOf(attributes: Attributes): Dialect | undefined {
  if (attributes[semconv.ATTR_GEN_AI_OPERATION_NAME] !== undefined) {
    const current = attributes[semconv.ATTR_GEN_AI_PROVIDER_NAME] !== undefined;
    return current || attributes[ATTR_GEN_AI_SYSTEM] === undefined ? undefined : earlierConvention;
  }
  if (attributes[semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE] !== undefined) return undefined;
  if (attributes[ATTR_OPENINFERENCE_SPAN_KIND] !== undefined) return openInference;
  if (attributes[ATTR_TRACELOOP_SPAN_KIND] !== undefined) return traceloopEntity;
  if (attributes[ATTR_VERCEL_OPERATION] !== undefined) return vercelAi;
  return attributes[ATTR_LLM_REQUEST_TYPE] === undefined ? undefined : earlierConvention;
}

/** The convention has it as `error.type`; before that there was the exception as an event, with its class. */
function thrownType({ status, attributes, events }: SpanSnapshot): string | undefined {
  if (status.code !== STATUS_ERROR || attributes[semconv.ATTR_ERROR_TYPE] !== undefined) return undefined;
  const type = events.findLast(({ name }) => name === 'exception')?.attributes?.['exception.type'];
  return typeof type === 'string' ? type : undefined;
}

/** Without those that have no value, which would hide what the span itself says by the same name. */
function present(attributes: Attributes): Attributes {
  for (const name of Object.keys(attributes)) if (attributes[name] === undefined) delete attributes[name];
  return attributes;
}

/** Looks through to the span for what it may still say of itself: this is kept while the span goes on. */
function withAttributes(span: SpanSnapshot, attributes: Attributes): SpanSnapshot {
  return {
    attributes,
    kind: span.kind,
    parentSpanContext: span.parentSpanContext,
    startTime: span.startTime,
    resource: span.resource,
    spanContext: () => span.spanContext(),
    get name() {
      return span.name;
    },
    get endTime() {
      return span.endTime;
    },
    get status() {
      return span.status;
    },
    get events() {
      return span.events;
    },
  };
}
