import type { PerformanceMetrics } from '../../chaukas/event.js';
import {
  ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
} from '../../semconv/attributes.js';
import { durationMillis, numberAttribute, type SpanSnapshot } from '../span-snapshot.js';
import { withoutAbsent } from './without-absent.js';

/** How long it took. */
export function performanceOf(span: SpanSnapshot): PerformanceMetrics {
  return { duration_ms: durationMillis(span) };
}

/** Of a model call also how soon it began to answer, and how many tokens it gave a second. */
export function modelPerformance(span: SpanSnapshot): PerformanceMetrics {
  const durationMs = durationMillis(span);
  const firstChunk = numberAttribute(span, ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK);
  const tokens = numberAttribute(span, ATTR_GEN_AI_USAGE_OUTPUT_TOKENS);
  return withoutAbsent<PerformanceMetrics>({
    duration_ms: durationMs,
    latency_ms: firstChunk === undefined ? undefined : firstChunk * 1000,
    throughput: tokens === undefined || durationMs === 0 ? undefined : (tokens * 1000) / durationMs,
  });
}
