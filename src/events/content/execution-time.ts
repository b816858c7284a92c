import { ATTR_OPENAI_AGENTS_HOSTED } from '../../semconv/attributes.js';
import { durationMillis, type SpanSnapshot } from '../span-snapshot.js';

/**
 * How long the call that a span stands for took. Of a tool that the provider ran itself a plain response says nothing:
 * its span is a moment, which is not to be read as a time.
 */
export function executionMillis(span: SpanSnapshot): number | undefined {
  const millis = durationMillis(span);
  return millis === 0 && span.attributes[ATTR_OPENAI_AGENTS_HOSTED] === true ? undefined : millis;
}
