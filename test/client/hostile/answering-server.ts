/** A server that sends the answers of a test, byte by byte, and keeps the requests that it received. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Plain data, so that a failing case can be read. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Number of characters of the body after which the connection is cut. */
  readonly cutAfter?: number | undefined;
}

export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** One character per byte. */
  readonly body: string;
}

export interface AnsweringServer {
  readonly url: string;
  /** Sets the answer from now on. */
  answer: Answer;
  /** The requests since the last call of this method. */
  takeRequests(): SentRequest[];
  close(): Promise<void>;
}

export async function startAnswering(): Promise<AnsweringServer> {
  let requests: SentRequest[] = [];
  const server = createServer(async (request, response) => {
    const { status, contentType, body, cutAfter } = answering.answer;
    const { method = '', url: path = '', headers } = request;
    const sent = (await buffer(request)).toString('latin1');
    requests.push(withoutBoundary({ method, path, headers: headers as Record<string, string>, body: sent }));
    response.sendDate = false;
    response.writeHead(status, {
      'content-type': contentType,
      'x-request-id': 'req_answered',
      'content-length': Buffer.byteLength(body),
    });
    if (cutAfter === undefined) response.end(body);
    else response.write(body.slice(0, cutAfter), () => response.socket?.end());
  });
  // A connection that is closed for its age while a request is under way would be a random failure.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const answering: AnsweringServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    answer: { status: 200, contentType: 'application/json', body: '{}' },
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return answering;
}

/** Masks the boundary of a form, which is random. */
function withoutBoundary(request: SentRequest): SentRequest {
  const boundary = /boundary=(\S+)/.exec(request.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return request;
  const named = (text: string) => text.replaceAll(boundary, '‹boundary›');
  const headers = Object.entries(request.headers).map(([name, value]) => [name, named(value)]);
  return { ...request, headers: Object.fromEntries(headers), body: named(request.body) };
}
