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
  return uuidText(generator.generateOrResetWithTs(newest).bytes);
}

const LENGTH_OF_UUID = 36;
const characters = Buffer.alloc(LENGTH_OF_UUID, '-', 'latin1');
const HEX_DIGITS = Buffer.from('0123456789abcdef', 'latin1');

/**
 * Returns the bytes of a UUID as text. The library joins it digit by digit, which allocates 1,300 bytes an id instead of
 * 60, a tenth of all that an event allocates (`npm run bench:events`).
 */
function uuidText(bytes: Readonly<Uint8Array>): string {
  let at = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) at += 1;
    const byte = bytes[index] as number;
    characters[at] = HEX_DIGITS[byte >> 4] as number;
    characters[at + 1] = HEX_DIGITS[byte & 0xf] as number;
    at += 2;
  }
  return characters.toString('latin1');
}

/** Returns a trace id in OpenTelemetry's form, for events that no span stands for. */
export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

/** Returns a span id in OpenTelemetry's form, for events that no span stands for. */
export function newSpanId(): string {
  return randomBytes(8).toString('hex');
}
