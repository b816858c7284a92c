import { asText } from '../../foreign/read.js';
import { eventSummary } from '../events/event-summary.js';
import { typeName } from '../events/event-type.js';
import { outcomeOf } from '../events/measures.js';
import { SEVERITIES, severityRank } from '../events/severity.js';
import type { ReadEvent } from '../input/parse-event.js';
import type { Piece, Style, TextLine } from '../output/text-line.js';

const LONGEST_TYPE = 'MODEL_INVOCATION_START'.length;
const WARN = SEVERITIES.indexOf('WARN');

/** An event on one line: when (UTC), what, of which session and agent, and what it says. */
export function eventRow(event: ReadEvent): TextLine {
  const agent = asText(event.agent_name) ?? asText(event.agent_id);
  const type = typeName(event);
  const style = styleOf(event);
  return [
    ['dim', timeText(event.timestamp)],
    '  ',
    style === undefined ? type.padEnd(LONGEST_TYPE) : [style, type.padEnd(LONGEST_TYPE)],
    '  ',
    ['dim', asText(event.session_id) ?? '-'],
    '  ',
    ...(agent === undefined ? [] : [['cyan', agent] as Piece, '  ']),
    eventSummary(event),
  ];
}

function styleOf(event: ReadEvent): Style | undefined {
  const rank = severityRank(event);
  if (rank > WARN || outcomeOf(event) === 'failed') return 'red';
  return rank === WARN ? 'yellow' : undefined;
}

/** To the millisecond, as all clocks of events have it; a time that is none is shown as it is. */
function timeText(timestamp: unknown): string {
  const text = asText(timestamp);
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? (text ?? '-') : new Date(time).toISOString();
}
