import type { ChaukasEvent } from '../../src/index.js';

/** Whether an event is one of the session that stands for the stream. */
export function isOfStreamSession({ session_id }: ChaukasEvent): boolean {
  return /^(stream|checkpoints)-/.test(session_id);
}

/** The events without those of the session that stands for the stream. */
export function withoutStreamSession(events: readonly ChaukasEvent[]): ChaukasEvent[] {
  return events.filter((event) => !isOfStreamSession(event));
}
