import type { ChaukasEvent } from '../../src/chaukas/event.js';

/** An event that can be told from the others by its number. */
export function makeEvent(n: number, text = ''): ChaukasEvent {
  return {
    event_id: `event-${n}`,
    type: 'EVENT_TYPE_SYSTEM',
    timestamp: '2023-11-14T22:13:20Z',
    status: 'EVENT_STATUS_COMPLETED',
    severity: 'SEVERITY_INFO',
    author: 'AUTHOR_SYSTEM',
    session_id: 'session',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    span_id: 'b7ad6b7169203331',
    metadata: { n, text },
  };
}

export function makeEvents(count: number): ChaukasEvent[] {
  return Array.from({ length: count }, (_, index) => makeEvent(index + 1));
}

export function numberOf(event: ChaukasEvent): number {
  return Number(event.metadata?.n);
}
