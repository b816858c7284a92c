import { EVENT_TYPES } from '../../../src/index.js';

/** A type without its START or END, which always come together. */
const family = (type: string) => type.replace(/^EVENT_TYPE_/, '').replace(/_(?:START|END)$/, '');

const FAMILIES = [...new Set(EVENT_TYPES.filter((type) => !type.endsWith('UNSPECIFIED')).map(family))];

/** Pairs count once. */
const COUNTED = /^ *([A-Z_]+?)(_START|_END)? (?:started|completed|failed|cancelled|in_progress)/;

/** `docs/events.md`: which situation makes which events, and how many. */
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
    'Which events of chaukas-spec come of what happens in a run of the Agents SDK. Each situation is played by',
    '`test/agents/situations` against a local model server; its name leads to all that was recorded of it, spans and',
    'events. A number is how many there were; of a START and its END, how many pairs.',
    '',
    'This file is made by that test (`UPDATE_GOLDEN=1 npx vitest run test/agents/situations`), which fails where it is',
    'not true. SYSTEM events, of the start and the stop of the instrumentation, are switched off there: they would come',
    'with the first situation alone; `test/record/system-events.test.ts` has them.',
    '',
    line(['situation', ...FAMILIES.map((type) => type.toLowerCase().replaceAll('_', ' '))]),
    line(['---', ...FAMILIES.map(() => '--:')]),
    ...rows.map(line),
    line(['**situations that have it**', ...totals.map((total) => `**${total}**`)]),
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
