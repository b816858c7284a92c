/** Prints spans the way a trace viewer shows them. */
import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

/** Shows each trace as a tree, one line per span: name, duration, tokens, retries, errors. */
export function formatTraces(spans: readonly ReadableSpan[]): string {
  const roots = spans.filter((span) => span.parentSpanContext === undefined).sort(byStart);
  return roots
    .map((root) => [`trace ${root.spanContext().traceId}`, ...lines(root, spans, '', '')].join('\n'))
    .join('\n\n');
}

function lines(span: ReadableSpan, all: readonly ReadableSpan[], prefix: string, indent: string): string[] {
  const children = all.filter((other) => other.parentSpanContext?.spanId === span.spanContext().spanId);
  const own = `${prefix}${span.name}`.padEnd(46);
  return [
    `${own} ${details(span).join('  ')}`,
    ...children.sort(byStart).flatMap((child, index) => {
      const last = index === children.length - 1;
      return lines(child, all, `${indent}${last ? '└─ ' : '├─ '}`, `${indent}${last ? '   ' : '│  '}`);
    }),
  ];
}

function details(span: ReadableSpan): string[] {
  const { attributes, status, duration } = span;
  const shown = [`${(duration[0] * 1000 + duration[1] / 1e6).toFixed(1)} ms`.padStart(9)];
  const input = attributes['gen_ai.usage.input_tokens'];
  const aggregated = attributes['openai_agents.usage.aggregated'] === true;
  if (input !== undefined) {
    const tokens = `${input} → ${attributes['gen_ai.usage.output_tokens'] ?? 0} tokens`;
    shown.push(aggregated ? `Σ ${tokens}` : tokens);
  }
  const retries = span.events.filter((event) => event.name === 'openai_agents.request.retry');
  for (const { attributes: retry } of retries) {
    shown.push(
      `retry ${retry?.['openai_agents.request.retry.attempt']} after ${retry?.['http.response.status_code']}`,
    );
  }
  if (status.code === SpanStatusCode.ERROR) {
    shown.push(['ERROR', attributes['error.type'], status.message].filter(Boolean).join(' '));
  }
  return shown;
}

function byStart(a: ReadableSpan, b: ReadableSpan): number {
  return a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1];
}
