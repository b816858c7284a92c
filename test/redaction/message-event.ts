import type { ChaukasEvent, EventContent } from '../../src/chaukas/event.js';

/** Creates an event with this content and fixed other members. */
export function eventWith(content: EventContent & Partial<ChaukasEvent>): ChaukasEvent {
  return {
    event_id: '018f3c1e-7a2b-7c3d-8e4f-5a6b7c8d9e0f',
    type: 'EVENT_TYPE_INPUT_RECEIVED',
    timestamp: '2026-11-21T18:06:13.477Z',
    status: 'EVENT_STATUS_COMPLETED',
    severity: 'SEVERITY_INFO',
    author: 'AUTHOR_USER',
    session_id: 'jane@example.com',
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    span_id: '00f067aa0ba902b7',
    ...content,
  };
}

export function messageEvent(text: string): ChaukasEvent {
  return eventWith({ message: { role: 'user', text } });
}
