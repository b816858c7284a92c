import { randomBytes, randomFillSync } from 'node:crypto';
import { V7Generator } from 'uuidv7';
import * as clock from './clock.js';

/** The number of random numbers drawn at once. One call per id would cost more than the rest of the id. */
const NUMBERS_DRAWN = 1024;

const numbers = new Uint32Array(NUMBERS_DRAWN);
let used = NUMBERS_DRAWN;

const generator = new V7Generator({
  nextUint32() {
    if (used === NUMBERS_DRAWN) {
      randomFillSync(numbers);
      used = 0;
    }
    const number = numbers[used] ?? 0;
    used += 1;
    return number;
  },
});

/** The latest time of an id, in milliseconds since the epoch. */
let newest = 0;

/** Returns a UUIDv7 that sorts after all earlier ones of this process, even if the clock was set back since. */
export function newEventId(): string {
  newest = Math.max(newest, clock.now());
  return generator.generateOrResetWithTs(newest).toString();
}

/** Returns a trace id in OpenTelemetry's form, for events that no span stands for. */
export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

/** Returns a span id in OpenTelemetry's form, for events that no span stands for. */
export function newSpanId(): string {
  return randomBytes(8).toString('hex');
}
