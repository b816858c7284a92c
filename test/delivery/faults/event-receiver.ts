/** A real HTTP server that takes CloudEvents in batches, as an endpoint of `HttpSink`, and can be broken in any way. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request in place of the receiver. Returns `false` if the receiver is to answer. */
export type BrokenAnswer = (request: IncomingMessage, body: string, response: ServerResponse) => boolean;

export class EventReceiver {
  /** The `event_id` of each event that was acknowledged, in order, doubled ones included. */
  readonly ids: string[] = [];
  /** The acknowledged events, each once, as JSON in order of arrival. */
  readonly lines = new Map<string, string>();
  /** Breaks the answers. */
  broken: BrokenAnswer | undefined;
  /** Breaks requests before their bodies have come. Returns `false` if the request is to be read. */
  interrupted: ((request: IncomingMessage) => boolean) | undefined;
  /** The number of requests that were broken. */
  broke = 0;
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}/events`;
  }

  /** The number of different events. */
  get received(): number {
    return this.lines.size;
  }

  get doubled(): number {
    return this.ids.length - this.lines.size;
  }

  /** Listens, on the same port as before, unless it does already. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((request, response) => {
      if (this.interrupted?.(request)) {
        this.broke += 1;
        return;
      }
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        if (this.broken?.(request, body, response)) {
          this.broke += 1;
          return;
        }
        this.take(body);
        response.writeHead(202).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Ends all connections. New ones are refused. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** Takes the events of a request, which a broken answer may do as well. */
  take(body: string): void {
    for (const { id, data } of JSON.parse(body) as { id: string; data: object }[]) {
      this.ids.push(id);
      if (!this.lines.has(id)) this.lines.set(id, JSON.stringify(data));
    }
  }
}
