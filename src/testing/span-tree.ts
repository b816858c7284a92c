import {
  type Attributes,
  type HrTime,
  type Link,
  type SpanContext,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
} from '@opentelemetry/api';
import * as semconv from '../semconv/attributes.js';

/** A span that has ended: the members of the SDK's `ReadableSpan` that SDK 2 and SDK 3 have in common. */
export interface FinishedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly status: SpanStatus;
  readonly events: readonly {
    readonly name: string;
    readonly time: HrTime;
    readonly attributes?: Attributes;
  }[];
  readonly links: readonly Link[];
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  /** The span above it; absent at the root of a trace. */
  readonly parentSpanContext?: SpanContext;
  /** The instrumentation that made the span. */
  readonly instrumentationScope: { readonly name: string; readonly version?: string };
  readonly resource: { readonly attributes: Attributes };
  spanContext(): SpanContext;
}

/** The members of a span that its line in the tree is made of. */
type SpanInTree = Pick<
  FinishedSpan,
  'name' | 'kind' | 'attributes' | 'status' | 'parentSpanContext' | 'spanContext'
>;

/**
 * Returns the spans as text, one line per span with name, kind and error, indented under its parent. Siblings stay in
 * the order in which they are given.
 *
 * ```
 * invoke_agent weather_agent [INTERNAL]
 *   chat gpt-5-mini [CLIENT]
 *   execute_tool get_weather [INTERNAL] ✗ TypeError
 * ```
 */
export function spanTree(spans: readonly SpanInTree[]): string[] {
  const present = new Set(spans.map(keyOf));
  const childrenOf = new Map<string | undefined, SpanInTree[]>();
  for (const span of spans) {
    const parent = parentKeyOf(span);
    const key = parent !== undefined && present.has(parent) ? parent : undefined;
    const siblings = childrenOf.get(key);
    if (siblings === undefined) childrenOf.set(key, [span]);
    else siblings.push(span);
  }
  const lines: string[] = [];
  // A stack and no recursion, because a trace can be deeper than the call stack.
  const waiting = (childrenOf.get(undefined) ?? []).map((span) => ({ span, depth: 0 })).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { span, depth } = next;
    lines.push(`${'  '.repeat(depth)}${describe(span)}`);
    const children = childrenOf.get(keyOf(span)) ?? [];
    waiting.push(...children.map((child) => ({ span: child, depth: depth + 1 })).reverse());
  }
  return lines;
}

/** Traces of other processes may have a span of the same id. */
function keyOf(span: SpanInTree): string {
  const { traceId, spanId } = span.spanContext();
  return `${traceId}/${spanId}`;
}

function parentKeyOf(span: SpanInTree): string | undefined {
  const { parentSpanContext } = span;
  return parentSpanContext && `${span.spanContext().traceId}/${parentSpanContext.spanId}`;
}

function describe({ name, kind, status, attributes }: SpanInTree): string {
  const error =
    status.code === SpanStatusCode.ERROR
      ? ` ✗ ${attributes[semconv.ATTR_ERROR_TYPE] ?? status.message ?? 'error'}`
      : '';
  const cancelled =
    attributes[semconv.ATTR_OPENAI_AGENTS_OUTCOME] === semconv.OUTCOME_CANCELLED ? ' (cancelled)' : '';
  return `${name} [${SpanKind[kind]}]${error}${cancelled}`;
}
