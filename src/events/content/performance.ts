import type { PerformanceMetrics } from '../../chaukas/event.js';
import { sparse } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import { durationMillis, numberAttribute, type SpanSnapshot } from '../spans/span-snapshot.js';

export function performanceOf(span: SpanSnapshot): PerformanceMetrics {
  return { duration_ms: durationMillis(span) };
}

/** Also has the time to the first chunk and the output tokens per second. */
export function modelPerformance(span: SpanSnapshot): PerformanceMetrics {
  const durationMs = durationMillis(span);
  const firstChunk = numberAttribute(span, semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK);
  const tokens = numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS);
  return sparse<PerformanceMetrics>({
    duration_ms: durationMs,
    latency_ms: firstChunk === undefined ? undefined : ifFinite(firstChunk * 1000),
    throughput: tokens === undefined || durationMs === 0 ? undefined : ifFinite((tokens * 1000) / durationMs),
  });
}

/** JSON has no form for the infinite product of two attributes. */
function ifFinite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/**
 * Returns how long the call took that a span stands for. A response does not say how long a tool took that the provider
 * ran itself: the span of such a tool has no length, and its duration is not a measurement.
 */
export function executionMillis(span: SpanSnapshot): number | undefined {
  const millis = durationMillis(span);
  return millis === 0 && span.attributes[semconv.ATTR_OPENAI_AGENTS_HOSTED] === true ? undefined : millis;
}
