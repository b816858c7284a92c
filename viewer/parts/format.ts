/** Numbers and times as the page shows them. */

const integers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

export function formatCount(count: number): string {
  return integers.format(count);
}

/** `12,345` as it is, more as `1.23M`. */
export function formatLarge(count: number): string {
  return count < 100_000 ? formatCount(count) : compact.format(count);
}

export function formatDuration(ms: number | undefined): string {
  if (ms === undefined) return '';
  if (ms < 10) return `${trim(ms, 1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 48 * 60
    ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
    : `${Math.round(minutes / 1440)} d`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${trim(bytes / 1000 ** step, step === 0 ? 0 : 1)} ${units[step]}`;
}

export function formatPercent(part: number): string {
  return `${trim(part * 100, part > 0 && part < 0.1 ? 1 : 0)} %`;
}

/** `$0.0042`; a currency other than USD by its code. Two significant digits at least. */
export function formatCost(amount: number, currency: string): string {
  const digits = amount === 0 ? 2 : Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(Math.abs(amount)))));
  const text = amount.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: digits });
  return currency === 'USD' ? `$${text}` : `${text} ${currency}`;
}

export function formatCosts(costs: Readonly<Record<string, number>>): string {
  return Object.entries(costs)
    .map(([currency, amount]) => formatCost(amount, currency))
    .join(' + ');
}

/** In the reader's zone: `2026-11-30 14:05:09`. */
export function formatTime(time: number, withMillis = false): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${clock}${withMillis ? `.${String(date.getMilliseconds()).padStart(3, '0')}` : ''}`;
}

/** The exact value, for the hover of a time. */
export function exactTime(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function trim(value: number, digits: number): string {
  return Number(value.toFixed(digits)).toString();
}
