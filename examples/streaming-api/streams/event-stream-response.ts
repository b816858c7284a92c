/** Server-sent events of a stream, as the answer to a request. */
import { z } from '@hono/zod-openapi';
import { ProblemError } from '../../service/problem.js';
import type { NumberedEvent } from './stream-event.js';
import type { StreamSource } from './stream-source.js';

/** The client's time to wait before it connects again. */
const RETRY = 'retry: 1000\n\n';

/** A comment, so that proxies do not take the connection for a dead one. */
const HEARTBEAT = ': heartbeat\n\n';

export interface StreamPosition {
  readonly id: string;
  readonly after: number;
}

/** Describes the header and the query parameter that resume a stream. */
export const lastEventIdSchema = z
  .string()
  .openapi({ description: 'The id of the last event that arrived: `<stream id>:<number>`.' });

/**
 * @throws ProblemError - `invalid_last_event_id`.
 */
export function readPosition(lastEventId: string): StreamPosition {
  const [, id, n] = /^([\da-f-]{36}):(\d{1,15})$/.exec(lastEventId) ?? [];
  if (id === undefined || n === undefined) {
    throw new ProblemError({
      status: 400,
      code: 'invalid_last_event_id',
      title: 'Invalid Last-Event-ID',
      detail: 'Last-Event-ID has to be the id of an event, as it came in the stream.',
    });
  }
  return { id, after: Number(n) };
}

/** The source is read when the connection has taken what came before, so a slow client slows its run down. */
export function eventStreamResponse(id: string, source: StreamSource, heartbeatMillis: number): Response {
  const encoder = new TextEncoder();
  let greeted = false;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!greeted) {
          greeted = true;
          controller.enqueue(encoder.encode(RETRY));
          return;
        }
        const events = await source.next(heartbeatMillis);
        if (events === undefined) {
          source.leave();
          controller.close();
          return;
        }
        const frames = events.map((event) => frame(id, event)).join('');
        controller.enqueue(encoder.encode(frames || HEARTBEAT));
      },
      cancel: () => source.leave(),
    },
    // No queue: a chunk that waits here would count as read.
    { highWaterMark: 0 },
  );
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // nginx would collect the events otherwise.
      'x-accel-buffering': 'no',
      // Otherwise @hono/node-server waits for the first chunks to compute a length.
      'transfer-encoding': 'chunked',
    },
  });
}

function frame(id: string, { n, type, data }: NumberedEvent): string {
  return `id: ${id}:${n}\nevent: ${type}\ndata: ${data}\n\n`;
}
