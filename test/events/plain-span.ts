import type { Attributes } from '@opentelemetry/api';
import type { SpanSnapshot } from '../../src/events/spans/span-snapshot.js';

/** The start and the end of {@link plainSpan} as timestamps of events. */
export const START = '2023-11-14T22:13:20Z';
export const END = '2023-11-14T22:13:21.500Z';
export const DURATION_MS = 1500;

/** Returns a span as a plain object, independent of an SDK. */
export function plainSpan(attributes: Attributes = {}, rest: Partial<SpanSnapshot> = {}): SpanSnapshot {
  return {
    name: 'span',
    startTime: [1_700_000_000, 0],
    endTime: [1_700_000_001, 500_000_000],
    status: { code: 0 },
    attributes,
    events: [],
    resource: { attributes: {} },
    spanContext: () => ({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
    }),
    ...rest,
  };
}
