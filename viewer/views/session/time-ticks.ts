/** Round times for the axis of a waterfall. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Distances of marks in milliseconds, from a microsecond to a day. Beyond it they are 1, 2, 5, 10 ... days. */
const STEPS: readonly number[] = [
  ...[-3, -2, -1, 0, 1, 2, 3].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power)),
  ...[10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
];

const MAX_INTERVALS = 4;

/** The marks of an axis, as percentages of its width. */
export interface TimeTicks {
  readonly marks: readonly { readonly label: string; readonly percent: number }[];
  /** Distance of two marks. */
  readonly step: number;
  /** Place of the first one. */
  readonly first: number;
}

/**
 * Returns round marks on an axis.
 *
 * @param start - the time at its left end, in milliseconds since the beginning of the session.
 * @param span - its length in milliseconds, more than 0.
 */
export function timeTicks(start: number, span: number): TimeTicks {
  const least = span / MAX_INTERVALS;
  const step = STEPS.find((one) => one >= least) ?? roundDays(least);
  const begin = Math.ceil(start / step - 1e-9);
  const end = Math.floor((start + span) / step + 1e-9);
  const percentOf = (time: number): number => Math.max(0, (100 * (time - start)) / span);
  const marks = Array.from({ length: Math.max(0, end - begin + 1) }, (_, index) => {
    const time = (begin + index) * step;
    return { label: labelOf(time), percent: percentOf(time) };
  });
  return { marks, step: (100 * step) / span, first: percentOf(begin * step) };
}

function roundDays(least: number): number {
  const days = least / DAY;
  const power = 10 ** Math.floor(Math.log10(days));
  return ([1, 2, 5, 10].find((digit) => digit * power >= days) ?? 10) * power * DAY;
}

function labelOf(ms: number): string {
  if (ms < 0.0005) return '0';
  if (ms < SECOND) return `${digits(ms)} ms`;
  if (ms < MINUTE) return `${digits(ms / SECOND)} s`;
  if (ms < HOUR) return units(Math.floor(ms / MINUTE), 'min', digits((ms % MINUTE) / SECOND), 's');
  if (ms < DAY) return units(Math.floor(ms / HOUR), 'h', digits((ms % HOUR) / MINUTE), 'min');
  return units(Math.floor(ms / DAY), 'd', digits((ms % DAY) / HOUR), 'h');
}

/** Without the error of floating-point numbers. */
function digits(value: number): string {
  return String(Number(value.toFixed(6)));
}

function units(whole: number, unit: string, rest: string, smaller: string): string {
  return rest === '0' ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${smaller}`;
}
