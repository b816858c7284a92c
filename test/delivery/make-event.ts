import type { ChaukasEvent } from '../../src/chaukas/event.js';

/** Creates an event with a number that identifies it. Its members are in the order of its line. */
export function makeEvent(n: number, text = ''): ChaukasEvent {
  return {
    author: 'AUTHOR_SYSTEM',
    event_id: `event-${n}`,
    metadata: { n, text },
    session_id: 'session',
    severity: 'SEVERITY_INFO',
    span_id: 'b7ad6b7169203331',
    status: 'EVENT_STATUS_COMPLETED',
    timestamp: '2023-11-14T22:13:20Z',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    type: 'EVENT_TYPE_SYSTEM',
  };
}

export function makeEvents(count: number): ChaukasEvent[] {
  return Array.from({ length: count }, (_, index) => makeEvent(index + 1));
}

export function numberOf(event: ChaukasEvent): number {
  return Number(event.metadata?.n);
}
