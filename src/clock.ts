/**
 * The time and the timers of this package.
 *
 * They are taken when this module loads. A test of the application that fakes timers (`mock.timers` of `node:test`,
 * `vi.useFakeTimers`, Jest, Sinon) replaces those of the whole process, and must not stop the event stream or give it a
 * wrong time. Every other file uses these functions; a test checks it.
 */
import { performance } from 'node:perf_hooks';

type TimerName =
  | 'setTimeout'
  | 'clearTimeout'
  | 'setInterval'
  | 'clearInterval'
  | 'setImmediate'
  | 'clearImmediate';

/**
 * Returns Node's own function. If `@sinonjs/fake-timers` 15 has replaced it before this module loads, as in a set-up
 * file of Vitest or Jest, the fake leads to the original. The fakes of `node:test` do not (Node 20.20): until they are
 * reset, timers run if the test advances them, and events are delivered at the latest by `forceFlush()`.
 */
function original<Name extends TimerName>(name: Name): (typeof globalThis)[Name] {
  const current = globalThis[name];
  const kept = keptByFake(current, name);
  if (kept !== undefined) return kept as (typeof globalThis)[Name];
  if (current.name === name) return current;
  const latest = (...args: unknown[]): unknown => Reflect.apply(globalThis[name], undefined, args);
  return latest as (typeof globalThis)[Name];
}

function keptByFake(current: object, name: string): unknown {
  const fake: unknown = Reflect.get(current, 'clock');
  if (typeof fake !== 'object' || fake === null) return undefined;
  const kept: unknown = Reflect.get(fake, `_${name}`);
  return typeof kept === 'function' ? kept : undefined;
}

export const setTimeout = original('setTimeout');
export const clearTimeout = original('clearTimeout');
export const setInterval = original('setInterval');
export const clearInterval = original('clearInterval');
export const setImmediate = original('setImmediate');
export const clearImmediate = original('clearImmediate');

/** Returns milliseconds by the monotonic clock. */
export const ticks: () => number = performance.now.bind(performance);

/** The time at which the monotonic clock was 0, in milliseconds since the epoch. */
export const { timeOrigin } = performance;

/** Returns milliseconds since the epoch. */
export const now: () => number = originalNow();

function originalNow(): () => number {
  const kept = keptByFake(Date, 'Date') as DateConstructor | undefined;
  // The mark of `node:test`.
  const isMock = Reflect.get(Date, 'isMock') === true;
  return kept?.now ?? (isMock ? () => Math.round(timeOrigin + ticks()) : Date.now);
}

/** Returns the current time as ISO 8601. */
export function isoTime(): string {
  return new Date(now()).toISOString();
}

/** The largest difference between two readings of the same clock. */
const SAME_CLOCK_MS = 1_000;

/** Whether the application's clock shows this time too. If not, it is faked, and the SDKs' times are not ours. */
export function isShared(): boolean {
  return Math.abs(globalThis.Date.now() - now()) < SAME_CLOCK_MS;
}

const POLL_MS = 1;

/**
 * Blocks the thread until a condition is met, for the last writes of a process that exits. Returns whether it was met in
 * time.
 */
export function blockUntil(isMet: () => boolean, limitMillis: number): boolean {
  const deadline = ticks() + limitMillis;
  const cell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  while (!isMet()) {
    if (ticks() >= deadline) return false;
    Atomics.wait(cell, 0, 0, POLL_MS);
  }
  return true;
}
