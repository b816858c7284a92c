import { type Fault, faultNamed } from './fault.js';

/** What shaping needs from the outside world, so that the order of things can be tested without sockets. */
export interface Wire {
  readonly closed: boolean;
  sleep(ms: number): Promise<void>;
  /** Destroys the socket once everything sent so far has left. */
  cut(): Promise<void>;
}

const MALFORMED_FRAME = 'data: {"broken": \n\n';

/** Sends frames as the faults want it: late, one by one slowly, with one broken line, or not to the end. */
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
  // The last chunk of a stream can be the one after which the connection breaks.
  if (sent === cutAt) await wire.cut();
}

/** After how many chunks; the first, unless told. */
function position(fault: { afterChunks?: number | undefined } | undefined): number | undefined {
  return fault && (fault.afterChunks ?? 1);
}
