import type { ChaukasEvent } from '../chaukas/event.js';

/** One event a line, each line ended. */
export function toJsonLines(events: readonly ChaukasEvent[]): string {
  let lines = '';
  for (const event of events) lines += `${JSON.stringify(event)}\n`;
  return lines;
}
