import { type Fault, faultNamed } from './fault.js';

/** The connection as shaping needs it, so that the order of actions can be tested without sockets. */
export interface Wire {
  readonly closed: boolean;
  sleep(ms: number): Promise<void>;
  /** Destroys the socket once everything sent so far has left. */
  cut(): Promise<void>;
}

const MALFORMED_FRAME = 'data: {"broken": \n\n';

/** Sends frames as the faults require: late, slowly, with one malformed line, or not to the end. */
export async function* shapeFrames<Frame>(
  frames: Iterable<Frame>,
  faults: readonly Fault[],
  wire: Wire,
  errorFrame: (sent: number) => string,
): AsyncGenerator<Frame | string, void, void> {
  const firstDelay = faultNamed(faults, 'slow-first-chunk')?.ms ?? 0;
  const chunkDelay = faultNamed(faults, 'slow-chunk')?.ms ?? 0;
  const cutAt = position(faultNamed(faults, 'cut'));
  const malformedAt = position(faultNamed(faults, 'malformed-sse'));
  const errorAt = position(faultNamed(faults, 'error-event'));

  let sent = 0;
  for (const frame of frames) {
    const delay = sent === 0 ? firstDelay : chunkDelay;
    if (delay > 0) await wire.sleep(delay);
    if (wire.closed) return;
    if (sent === cutAt) return wire.cut();
    if (sent === malformedAt) yield MALFORMED_FRAME;
    if (sent === errorAt) {
      yield errorFrame(sent);
      return;
    }
    yield frame;
    sent += 1;
  }
  // The connection can also break after the last chunk of a stream.
  if (sent === cutAt) await wire.cut();
}

/** The number of chunks before the fault; 1 by default. */
function position(fault: { afterChunks?: number | undefined } | undefined): number | undefined {
  return fault && (fault.afterChunks ?? 1);
}
