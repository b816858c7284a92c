/**
 * The clock of the package with the timers of the moment, so that a test can fake them:
 * `vi.mock('../../src/clock.js', () => import('../harness/global-clock.js'))`.
 */
import type * as own from '../../src/clock.js';

type Clock = { -readonly [Name in keyof typeof own]: (typeof own)[Name] };

const latest = <Name extends 'setTimeout' | 'setInterval' | 'setImmediate'>(name: Name) =>
  ((...args: Parameters<(typeof globalThis)[Name]>) =>
    Reflect.apply(globalThis[name], undefined, args)) as (typeof globalThis)[Name];

export const setTimeout: Clock['setTimeout'] = latest('setTimeout');
export const setInterval: Clock['setInterval'] = latest('setInterval');
export const setImmediate: Clock['setImmediate'] = latest('setImmediate');
export const clearTimeout: Clock['clearTimeout'] = (timer) => globalThis.clearTimeout(timer);
export const clearInterval: Clock['clearInterval'] = (timer) => globalThis.clearInterval(timer);
export const clearImmediate: Clock['clearImmediate'] = (immediate) => globalThis.clearImmediate(immediate);
export const now: Clock['now'] = () => Date.now();
export const ticks: Clock['ticks'] = () => performance.now();
export const timeOrigin: Clock['timeOrigin'] = performance.timeOrigin;
export const isoTime: Clock['isoTime'] = () => new Date().toISOString();
export const isShared: Clock['isShared'] = () => true;
export const blockUntil: Clock['blockUntil'] = (isMet, limitMillis) => {
  const cell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  for (let waited = 0; waited < limitMillis && !isMet(); waited += 1) Atomics.wait(cell, 0, 0, 1);
  return isMet();
};
