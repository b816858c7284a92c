import type { Attributes } from '@opentelemetry/api';
import * as semconv from '../../../semconv/attributes.js';
import type { SpanSnapshot } from '../span-snapshot.js';
import { ATTR_GEN_AI_SYSTEM, ATTR_LLM_REQUEST_TYPE, earlierConvention } from './earlier-convention.js';
import { ATTR_OPENINFERENCE_SPAN_KIND, openInference } from './openinference.js';
import { ATTR_TRACELOOP_SPAN_KIND, traceloopEntity } from './traceloop.js';
import { ATTR_VERCEL_OPERATION, vercelAi } from './vercel-ai.js';

/** Returns a span's attributes in the current convention; `undefined` if the span has no GenAI attributes. */
type Dialect = (span: SpanSnapshot) => Attributes | undefined;

const STATUS_ERROR = 2;

/**
 * Translates a span of another instrumentation into the current GenAI convention: OpenInference, OpenLLMetry, earlier
 * versions of the convention, the Vercel AI SDK. Unknown attributes stay as they are.
 *
 * Returns the same object if there is nothing to translate. This runs for every span that starts and ends, so it only
 * looks up a few names in that case.
 */
export function translateSpan(span: SpanSnapshot): SpanSnapshot {
  const dialect = dialectOf(span.attributes);
  const translated = dialect?.(span);
  if (translated === undefined) return span;
  const errorType = thrownType(span);
  return withAttributes(span, {
    ...span.attributes,
    ...removeUndefined(translated),
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

/** Returns the class of the exception event, for spans from before the convention had `error.type`. */
function thrownType({ status, attributes, events }: SpanSnapshot): string | undefined {
  if (status.code !== STATUS_ERROR || attributes[semconv.ATTR_ERROR_TYPE] !== undefined) return undefined;
  const type = events.findLast(({ name }) => name === 'exception')?.attributes?.['exception.type'];
  return typeof type === 'string' ? type : undefined;
}

/** Removes attributes that are `undefined`, because they would hide the span's own attributes of the same name. */
function removeUndefined(attributes: Attributes): Attributes {
  for (const name of Object.keys(attributes)) if (attributes[name] === undefined) delete attributes[name];
  return attributes;
}

/**
 * Returns a copy with other attributes. It reads whatever may still change from the original span, because a copy is
 * kept while the span is open.
 */
export function withAttributes(span: SpanSnapshot, attributes: Attributes): SpanSnapshot {
  return {
    attributes,
    kind: span.kind,
    parentSpanContext: span.parentSpanContext,
    startTime: span.startTime,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
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
