import { randomBytes, randomFillSync } from 'node:crypto';
import { V7Generator } from 'uuidv7';

/** Random numbers that are drawn at once: a call for each id would cost more than the rest of it. */
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

/** A UUIDv7: later than all that were made before in this process. */
export function newEventId(): string {
  return generator.generate().toString();
}

/** Identifiers for what no span stands for, in the form of OpenTelemetry's. */
export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

export function newSpanId(): string {
  return randomBytes(8).toString('hex');
}
