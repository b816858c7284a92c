import { canonicalJson } from '../chaukas/canonical-json.js';
import type { ChaukasEvent } from '../chaukas/event.js';
import type { JsonObject } from '../json/json.js';

/**
 * Returns one line of canonical JSON per event, each with a line break at its end.
 *
 * @param lines - the events as canonical JSON, if the caller has it already.
 */
export function toJsonLines(
  events: readonly ChaukasEvent[],
  lines: readonly string[] = events.map(lineOf),
): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** Returns the event as canonical JSON. */
export function lineOf(event: ChaukasEvent): string {
  return canonicalJson(event as unknown as JsonObject);
}
