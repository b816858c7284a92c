/** Numbers as people read them. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

export const count = (value) => (value < 100_000 ? whole.format(value) : short.format(value));

export const share = (part, all) =>
  all === 0 ? '–' : `${((100 * part) / all).toFixed(part === all ? 0 : 1)} %`;

export function dollars(value) {
  if (value === 0) return '$0';
  return value < 0.01 ? `$${value.toPrecision(2)}` : `$${value.toFixed(2)}`;
}

export function duration(seconds) {
  if (seconds === null) return '–';
  return seconds < 1 ? `${Math.round(seconds * 1_000)} ms` : `${seconds.toFixed(2)} s`;
}

export const time = (seconds) => clock.format(new Date(seconds * 1_000));
