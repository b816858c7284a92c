import { describe, expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent } from '../../../src/instrumentation/agents/kept-states.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

describe('The traceparent of a kept state', () => {
  it.each([
    ['of a sampled span', 1, `00-${traceId}-${spanId}-01`],
    ['of a span that is not sampled', 0, `00-${traceId}-${spanId}-00`],
    ['with the flag of a random trace id', 3, `00-${traceId}-${spanId}-03`],
  ])('is written and read back: %s', (_, traceFlags, expected) => {
    const text = formatTraceparent({ traceId, spanId, traceFlags });
    expect(text).toBe(expected);
    expect(parseTraceparent(text)).toEqual({ traceId, spanId, traceFlags, isRemote: true });
  });

  it.each<[string, unknown]>([
    ['is missing', undefined],
    ['is null', null],
    ['is a number', 1],
    ['is a list with a valid value', [`00-${traceId}-${spanId}-01`]],
    ['is empty', ''],
    ['has zeros as the trace id', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['has zeros as the span id', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['has upper-case letters', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['has another version', `01-${traceId}-${spanId}-01`],
    ['has one part more', `00-${traceId}-${spanId}-01-x`],
    ['lacks the flags', `00-${traceId}-${spanId}`],
    ['has a short trace id', `00-${traceId.slice(1)}-${spanId}-01`],
    ['ends with a line feed', `00-${traceId}-${spanId}-01\n`],
    ['is within another text', `x 00-${traceId}-${spanId}-01`],
    ['is very long', '0'.repeat(1_000_000)],
  ])('is ignored if it %s', (_, value) => {
    expect(parseTraceparent(value)).toBeUndefined();
  });
});
