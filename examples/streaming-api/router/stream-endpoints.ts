/** Starting and resuming streams, for the routers. */
import { eventStreamResponse, readPosition } from '../streams/event-stream-response.js';
import type { LiveStream } from '../streams/live-stream.js';
import type { StreamHub } from '../streams/stream-hub.js';

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
