import { EVENT_TYPES } from '../../../src/index.js';

/** Returns an event type without START or END, which always come together. */
const family = (type: string) => type.replace(/^EVENT_TYPE_/, '').replace(/_(?:START|END)$/, '');

const FAMILIES = [...new Set(EVENT_TYPES.filter((type) => !type.endsWith('UNSPECIFIED')).map(family))];

/** Matches a line of a listing: the event type, and the half of a pair, as pairs count once. */
const COUNTED = /^ *([A-Z_]+?)(_START|_END)? (?:started|completed|failed|cancelled|in_progress)/;

/** Returns the text of `docs/events.md`: the number of events of each type, by situation. */
export function coverageDocument(listings: ReadonlyMap<string, string>): string {
  const rows = [...listings]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, listing]) => {
      const counts = countEvents(listing);
      return [
        `[${name}](../test/agents/situations/golden/${name}.txt)`,
        ...FAMILIES.map((type) => String(counts.get(type) ?? '')),
      ];
    });
  const totals = FAMILIES.map((_, column) => rows.filter((row) => row[column + 1] !== '').length);
  return `${[
    '# Events by situation',
    '',
    'The events of chaukas-spec that situations in a run of the Agents SDK lead to. `test/agents/situations` plays each',
    'situation against a local model server. Its name links to the recorded spans and events. The numbers count events;',
    'a START and its END count as one.',
    '',
    'That test also generates this file (`UPDATE_GOLDEN=1 npx vitest run test/agents/situations`) and fails if it is out of',
    'date. SYSTEM events, for the start and the stop of the instrumentation, are switched off in it, as only the first',
    'situation would have them; `test/record/system-events.test.ts` covers them.',
    '',
    line(['situation', ...FAMILIES.map((type) => type.toLowerCase().replaceAll('_', ' '))]),
    line(['---', ...FAMILIES.map(() => '--:')]),
    ...rows.map(line),
    line(['**situations with this event**', ...totals.map((total) => `**${total}**`)]),
  ].join('\n')}\n`;
}

function countEvents(listing: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const [, events = ''] = listing.split('\nEvents');
  for (const text of events.split('\n')) {
    const [, type = '', half] = COUNTED.exec(text) ?? [];
    if (type === '' || half === '_END') continue;
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
