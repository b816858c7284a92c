import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { Placeholders } from './placeholders.js';
import type { PlacedSpan } from './recorded-spans.js';

const HTTP_SCOPE = '@opentelemetry/instrumentation-undici';

/**
 * Lists the span tree: one line per span, and beneath it its sorted attributes, span events and links. A span of the
 * HTTP client is only named, and only beneath another span, as it shows which context was active.
 */
export function spanListing(spans: readonly PlacedSpan[], placeholders: Placeholders): string[] {
  return spans.flatMap(({ span, depth }) => {
    const indent = '  '.repeat(depth);
    if (span.instrumentationScope.name === HTTP_SCOPE) {
      return depth === 0 ? [] : [`${indent}HTTP ${span.name}`];
    }
    const details = detailsOf(span, placeholders).map((line) => `${indent}    ${line}`);
    return [`${indent}${heading(span, placeholders)}`, ...details];
  });
}

function heading(span: ReadableSpan, placeholders: Placeholders): string {
  const { traceId, spanId } = span.spanContext();
  // In this order, so that traces and spans are numbered in the order of the listing.
  const trace = placeholders.inText(traceId);
  const id = placeholders.inText(spanId);
  const root = span.parentSpanContext === undefined ? ` of ${trace}` : '';
  const { code, message } = span.status;
  const error =
    code === SpanStatusCode.ERROR
      ? ` ✗ ${span.attributes['error.type']}: ${placeholders.inText(message ?? '')}`
      : '';
  const ok = code === SpanStatusCode.OK ? ' OK' : '';
  return `${placeholders.inText(span.name)} [${SpanKind[span.kind]}] ${id}${root}${ok}${error}`;
}

function detailsOf(span: ReadableSpan, placeholders: Placeholders): string[] {
  const attributes = Object.entries(span.attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} = ${JSON.stringify(placeholders.inValue(value, name))}`);
  const events = span.events.map(
    (event) => `event ${event.name} ${JSON.stringify(placeholders.inValue(event.attributes ?? {}))}`,
  );
  const links = span.links.map(
    (link) =>
      `link to ${placeholders.inText(link.context.spanId)} of ${placeholders.inText(link.context.traceId)} ` +
      JSON.stringify(placeholders.inValue(link.attributes ?? {})),
  );
  return [...attributes, ...events, ...links];
}
