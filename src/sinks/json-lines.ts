import { canonicalJson } from '../chaukas/canonical-json.js';
import type { ChaukasEvent } from '../chaukas/event.js';
import type { JsonObject } from '../json/json.js';

/**
 * One event a line, each line ended.
 *
 * @param lines - the events as texts, where they are there already.
 */
export function toJsonLines(
  events: readonly ChaukasEvent[],
  lines: readonly string[] = events.map(lineOf),
): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function lineOf(event: ChaukasEvent): string {
  return canonicalJson(event as unknown as JsonObject);
}
