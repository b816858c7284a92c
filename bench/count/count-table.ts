/** The counts as tables of docs/performance.md. */
import { BARE, HAND_WRITTEN, VARIANTS } from '../client-variants.js';
import type { Counts } from './counted-process.js';

/** Counts by Node's major version and by variant, as they were counted: the bare client's are part of them. */
export type CountTable = Readonly<Record<string, Readonly<Record<string, Counts>>>>;

const MARKERS = ['<!-- written by npm run bench:count -->', '<!-- end of bench:count -->'] as const;

const FIGURES = ['instructions', 'bytes', 'promises'] as const;
type Figure = (typeof FIGURES)[number];

/** Replaces the text between the markers of a document. */
export function withTables(document: string, table: CountTable): string {
  const [begin, end] = MARKERS.map((marker) => document.indexOf(marker));
  if (begin === undefined || end === undefined || begin < 0 || end < begin)
    throw new Error(`the document lacks the markers ${MARKERS.join(' and ')}`);
  const tables = Object.entries(table).map(([node, counts]) => tableOf(node, counts));
  return [document.slice(0, begin), MARKERS[0], '\n\n', tables.join('\n'), '\n', document.slice(end)].join(
    '',
  );
}

export function aboveBare(counts: Counts, bare: Counts): Counts {
  const difference = (unit: 'call' | 'chunk') =>
    Object.fromEntries(
      FIGURES.flatMap((figure) => {
        const [here, there] = [counts[unit][figure], bare[unit][figure]];
        return here === undefined || there === undefined ? [] : [[figure, here - there] as const];
      }),
    );
  return { call: difference('call'), chunk: difference('chunk') };
}

function tableOf(node: string, counts: Readonly<Record<string, Counts>>): string {
  const bare = counts[BARE];
  if (bare === undefined) return '';
  const above = new Map(
    Object.entries(counts).map(([name, count]) => [name, name === BARE ? count : aboveBare(count, bare)]),
  );
  const floor = above.get(HAND_WRITTEN);
  // A run without valgrind has no instructions.
  const columns = (['call', 'chunk'] as const).flatMap((unit) =>
    FIGURES.filter((figure) => bare[unit][figure] !== undefined).map((figure) => ({ unit, figure })),
  );
  const rows = VARIANTS.flatMap((name) => {
    const count = above.get(name);
    if (count === undefined) return [];
    const cells = columns.map(({ unit, figure }) =>
      cell(figure, count[unit][figure], name === BARE ? undefined : floor?.[unit][figure]),
    );
    return [`| ${[name, ...cells].join(' | ')} |`];
  });
  return [
    `### Node ${node}`,
    '',
    `| ${['variant', ...columns.map(({ unit, figure }) => `${figure} a ${unit}`)].join(' | ')} |`,
    `| ${['---', ...columns.map(() => '--:')].join(' | ')} |`,
    ...rows,
    '',
  ].join('\n');
}

/** A figure with its ratio to the span written by hand. */
function cell(figure: Figure, value: number | undefined, floor: number | undefined): string {
  if (value === undefined) return '';
  if (figure === 'promises') return value.toFixed(1);
  // Smaller differences are those of the measurement.
  const step = figure === 'bytes' ? 10 : 100;
  const rounded = Math.round(value / step) * step;
  const text = (rounded || 0).toLocaleString('en-US');
  return floor === undefined || floor === value || rounded <= 0
    ? text
    : `${text} (${(value / floor).toFixed(2)} ×)`;
}
