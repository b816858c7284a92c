/** Starting and resuming streams, for the routers. */
import { createRoute, z } from '@hono/zod-openapi';
import { problemResponse } from '../../service/problem.js';
import { eventStreamResponse, lastEventIdSchema, readPosition } from '../streams/event-stream-response.js';
import type { LiveStream } from '../streams/live-stream.js';
import { streamEventSchema } from '../streams/stream-event.js';
import type { StreamHub } from '../streams/stream-hub.js';

/** The content of a response that is a stream. */
export const eventStream = { 'text/event-stream': { schema: streamEventSchema } };

export const lastEventIdHeader = z.object({ 'last-event-id': lastEventIdSchema.optional() });

/** Rows of `responses` of a route that resumes a stream, without the stream itself. */
export const resumeResponses = {
  204: { description: 'The client has all events of this stream.' },
  400: problemResponse('The request is not valid.'),
  410: problemResponse('The stream or its next event is not kept any more.'),
};

/** The route that goes on with a stream: `GET {prefix}/stream/{id}`. */
export function resumeRoute<Prefix extends string>(prefix: Prefix, tag: string) {
  return createRoute({
    method: 'get',
    path: `${prefix}/stream/{id}`,
    tags: [tag],
    summary: 'Go on with a stream',
    description: 'From the event after `Last-Event-ID`, or from the beginning.',
    request: {
      params: z.object({ id: z.uuid() }),
      query: z.object({ last_event_id: lastEventIdSchema.optional() }),
      headers: lastEventIdHeader,
    },
    responses: {
      200: { description: 'The events that the client does not have.', content: eventStream },
      ...resumeResponses,
    },
  });
}

export class StreamEndpoints {
  readonly #hub: StreamHub;
  readonly #heartbeatMillis: number;

  constructor(hub: StreamHub, heartbeatMillis: number) {
    this.#hub = hub;
    this.#heartbeatMillis = heartbeatMillis;
  }

  start(name: string, run: (stream: LiveStream) => Promise<void>): Response {
    return this.#answer(name, this.#hub.start(name, run).id, 0);
  }

  /** @param lastEventId - the id of the last event that the client has. */
  resume(name: string, lastEventId: string): Response {
    const { id, after } = readPosition(lastEventId);
    return this.#answer(name, id, after);
  }

  #answer(name: string, id: string, after: number): Response {
    const source = this.#hub.open(name, id, after);
    // The status tells an EventSource to connect no more.
    if (source === undefined) return new Response(null, { status: 204 });
    return eventStreamResponse(id, source, this.#heartbeatMillis);
  }
}
