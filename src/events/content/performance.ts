import type { PerformanceMetrics } from '../../chaukas/event.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import { durationMillis, numberAttribute, type SpanSnapshot } from '../spans/span-snapshot.js';

/** How long it took. */
export function performanceOf(span: SpanSnapshot): PerformanceMetrics {
  return { duration_ms: durationMillis(span) };
}

/** Of a model call also how soon it began to answer, and how many tokens it gave a second. */
export function modelPerformance(span: SpanSnapshot): PerformanceMetrics {
  const durationMs = durationMillis(span);
  const firstChunk = numberAttribute(span, semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK);
  const tokens = numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS);
  return withoutAbsent<PerformanceMetrics>({
    duration_ms: durationMs,
    latency_ms: firstChunk === undefined ? undefined : firstChunk * 1000,
    throughput: tokens === undefined || durationMs === 0 ? undefined : (tokens * 1000) / durationMs,
  });
}

/**
 * How long the call that a span stands for took. Of a tool that the provider ran itself a plain response says nothing:
 * its span is a moment, which is not to be read as a time.
 */
export function executionMillis(span: SpanSnapshot): number | undefined {
  const millis = durationMillis(span);
  return millis === 0 && span.attributes[semconv.ATTR_OPENAI_AGENTS_HOSTED] === true ? undefined : millis;
}
