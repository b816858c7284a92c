import { type Fault, faultNamed } from '../faults/fault.js';
import { shapeFrames } from '../faults/shape-frames.js';
import { Connection } from './connection.js';
import type { Exchange } from './environment.js';
import { type SseEvent, sseFrame, sseFrames } from './sse.js';

/** Header by which @hono/node-server knows that the connection has been answered already. */
export const ALREADY_SENT = 'x-hono-already-sent';

export function noAnswer(): Response {
  return new Response(null, { headers: { [ALREADY_SENT]: 'true' } });
}

/** Answers with JSON. Only faults of a plain body apply. */
export function answerJson(c: Exchange, body: object, faults: readonly Fault[]): Promise<Response> {
  return answerText(c, JSON.stringify(body), 'application/json', faults);
}

/** Answers with a whole body, which can start late, end late, or be cut in the middle. */
export async function answerText(
  c: Exchange,
  text: string,
  contentType: string,
  faults: readonly Fault[],
): Promise<Response> {
  const connection = new Connection(c.env.outgoing);
  const delay = faultNamed(faults, 'slow-first-chunk');
  if (delay) await connection.sleep(delay.ms);
  const cut = faultNamed(faults, 'cut');
  const slow = faultNamed(faults, 'slow-body');
  if (!cut && !slow) return c.body(text, 200, { 'content-type': contentType });
  // The halves are split by bytes, because half a character could not be encoded and would be lost.
  const bytes = new TextEncoder().encode(text);
  const middle = bytes.length / 2;
  const shaping: Fault[] = [];
  if (slow) shaping.push({ fault: 'slow-chunk', ms: slow.ms });
  if (cut) shaping.push({ fault: 'cut', afterChunks: 1 });
  const halves = shapeFrames(
    [bytes.subarray(0, middle), bytes.subarray(middle)],
    shaping,
    connection,
    () => '',
  );
  return c.body(streamOf(halves), 200, { ...CHUNKED, 'content-type': contentType });
}

/** Answers with bytes in chunks. Faults with a malformed line or an error event do not apply. */
export function answerBytes(
  c: Exchange,
  chunks: Iterable<Uint8Array>,
  contentType: string,
  faults: readonly Fault[],
): Response {
  const shaping = faults.filter(({ fault }) => fault !== 'malformed-sse' && fault !== 'error-event');
  const frames = shapeFrames(chunks, shaping, new Connection(c.env.outgoing), () => '');
  return c.body(streamOf(frames), 200, { ...CHUNKED, 'content-type': contentType });
}

/** Answers with server-sent events, each of which is made after the previous one has been written. */
export function answerEvents(
  c: Exchange,
  events: Iterable<SseEvent>,
  faults: readonly Fault[],
  errorEvent: (sequence: number) => SseEvent,
): Response {
  const wire = new Connection(c.env.outgoing);
  const frames = shapeFrames(sseFrames(events), faults, wire, (sent) => sseFrame(errorEvent(sent)));
  return c.body(streamOf(frames), 200, {
    ...CHUNKED,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
}

/** Set explicitly, so that @hono/node-server does not wait for the first chunks to compute a content length. */
const CHUNKED = { 'transfer-encoding': 'chunked' };

/**
 * A body that pulls its frames. It has no queue of its own (high water mark 0), so that a frame is requested only when
 * the previous one has been passed to the socket, and a cut happens exactly after the right frame.
 */
function streamOf(frames: AsyncGenerator<string | Uint8Array, void, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await frames.next();
        if (next.done) controller.close();
        else controller.enqueue(typeof next.value === 'string' ? encoder.encode(next.value) : next.value);
      },
      async cancel() {
        await frames.return();
      },
    },
    { highWaterMark: 0 },
  );
}
