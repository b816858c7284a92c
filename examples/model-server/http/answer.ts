import { type Fault, faultNamed } from '../faults/fault.js';
import { shapeFrames } from '../faults/shape-frames.js';
import { Connection } from './connection.js';
import type { Exchange } from './environment.js';
import { type SseEvent, sseFrame, sseFrames } from './sse.js';

/** Tells @hono/node-server that the connection needs no answer any more. */
export const ALREADY_SENT = 'x-hono-already-sent';

export function noAnswer(): Response {
  return new Response(null, { headers: { [ALREADY_SENT]: 'true' } });
}

/** Answers with JSON; of the faults, a delay and a cut in the middle of the body make sense here. */
export async function answerJson(c: Exchange, body: object, faults: readonly Fault[]): Promise<Response> {
  const connection = new Connection(c.env.outgoing);
  const delay = faultNamed(faults, 'slow-first-chunk');
  if (delay) await connection.sleep(delay.ms);
  const cut = faultNamed(faults, 'cut');
  if (!cut) return c.json(body);
  const text = JSON.stringify(body);
  const half = shapeFrames(
    [text.slice(0, text.length / 2)],
    [{ ...cut, afterChunks: 1 }],
    connection,
    () => '',
  );
  return c.body(streamOf(half), 200, { ...CHUNKED, 'content-type': 'application/json' });
}

/** Answers with server-sent events, each made when the one before has been written. */
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

/** Named, so that @hono/node-server does not wait for the first chunks to guess a content length. */
const CHUNKED = { 'transfer-encoding': 'chunked' };

/**
 * A body that pulls. Without a queue of its own (high water mark 0), so that a frame is asked for only
 * when the one before has been handed to the socket: a cut then falls exactly where it should.
 */
function streamOf(frames: AsyncGenerator<string, void, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await frames.next();
        if (next.done) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      async cancel() {
        await frames.return();
      },
    },
    { highWaterMark: 0 },
  );
}
