import { asNonEmptyString } from '../../json/readers.js';
import type { ReadEvent } from '../input/read-events.js';
import type { Piece, Style, TextLine } from '../output/text-line.js';
import { EXCERPT_CHARACTERS, eventSummary } from './event-summary.js';
import { SEVERITIES, severityRank, typeName } from './event-type.js';
import { outcomeOf, timeOf } from './measures.js';

const LONGEST_TYPE = 'MODEL_INVOCATION_START'.length;
const WARN = SEVERITIES.indexOf('WARN');

/** An event on one line: time (UTC), type, session, agent and summary. */
export function eventRow(event: ReadEvent, maxCharacters = EXCERPT_CHARACTERS): TextLine {
  const agent = asNonEmptyString(event.agent_name) ?? asNonEmptyString(event.agent_id);
  const type = typeName(event);
  const style = styleOf(event);
  return [
    ['dim', timeText(event)],
    '  ',
    style === undefined ? type.padEnd(LONGEST_TYPE) : [style, type.padEnd(LONGEST_TYPE)],
    '  ',
    ['dim', asNonEmptyString(event.session_id) ?? '-'],
    '  ',
    ...(agent === undefined ? [] : [['cyan', agent] as Piece, '  ']),
    eventSummary(event, maxCharacters),
  ];
}

function styleOf(event: ReadEvent): Style | undefined {
  const rank = severityRank(event);
  if (rank > WARN || outcomeOf(event) === 'failed') return 'red';
  return rank === WARN ? 'yellow' : undefined;
}

/** The time to the millisecond, the resolution of all events. Text that is not a time is shown unchanged. */
function timeText(event: ReadEvent): string {
  const time = timeOf(event);
  return time === undefined ? (asNonEmptyString(event.timestamp) ?? '-') : new Date(time).toISOString();
}
