const GROUPS = /\B(?=(\d{3})+$)/g;

/** `12,345`, the same in every locale, so that output can be compared. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(GROUPS, ',');
}

/** `1 error`, `12,345 errors`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A duration in milliseconds, rounded to about three digits. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(milliseconds < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** `$0.0123`, `0.0123 EUR`. Small amounts have more digits, because a call may cost a hundredth of a cent. */
export function formatCost(amount: number, currency: string): string {
  const size = Math.abs(amount);
  const digits = size === 0 || size >= 1 ? 2 : size >= 0.01 ? 4 : 6;
  const text = amount.toFixed(digits);
  return currency === 'USD' ? `$${text}` : `${text} ${currency}`;
}

export function formatPercent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let size = bytes;
  let unit = '';
  for (unit of ['kB', 'MB', 'GB', 'TB']) {
    size /= 1000;
    if (size < 999.5) break;
  }
  return `${size.toFixed(size < 9.95 ? 1 : 0)} ${unit}`;
}
