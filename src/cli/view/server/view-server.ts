import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ServerAccess } from './access.js';
import { type PageFile, pageFiles } from './page-files.js';
import { problemAnswer, RequestProblem, type RouteAnswer, RouteTable, type ViewRoute } from './route.js';

const MAX_CONNECTIONS = 256;

/** No script but the page's own runs, nothing is loaded from elsewhere, and nothing is sent elsewhere. */
const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const NOT_LET_IN = 'This page needs the URL that "agent-events view" printed, with its token.';

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly routes: readonly ViewRoute[];
  /** Logs an error of ours. */
  readonly onError: (error: unknown) => void;
}

/** The HTTP server of the page. It is read-only, except for the endpoints of routes that are open. */
export class ViewServer {
  readonly access: ServerAccess;
  readonly port: number;
  readonly #server: Server;
  readonly #ending = new AbortController();

  private constructor(server: Server, options: ServerOptions, port: number) {
    this.#server = server;
    this.port = port;
    this.access = new ServerAccess(options.host, port);
    const files = pageFiles();
    const routes = new RouteTable(options.routes);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response, routes, files).catch((error: unknown) => {
        if (!response.headersSent && !(error instanceof RequestProblem)) options.onError(error);
        response.destroy();
      });
    });
  }

  /** @throws Error - if the address cannot be listened on. */
  static async listen(options: ServerOptions): Promise<ViewServer> {
    const server = createServer({ requestTimeout: 60_000, headersTimeout: 20_000 });
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : options.port;
    return new ViewServer(server, options, port);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    routes: RouteTable,
    files: ReadonlyMap<string, PageFile>,
  ): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#ending.signal]);
    let answer: RouteAnswer;
    try {
      answer = await this.#answer(request, routes, files, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof RequestProblem)) throw error;
      answer = problemAnswer(error.status, error.message);
    }
    const { status = 200, headers = {}, body } = answer;
    const length = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.byteLength(body) : undefined;
    response.writeHead(status, {
      ...SECURITY_HEADERS,
      ...headers,
      ...(length !== undefined && { 'content-length': length }),
      // The rest of a body that nobody reads would be taken for the next request.
      ...(request.method === 'POST' && !request.complete && { connection: 'close' }),
    });
    if (request.method === 'HEAD') response.end();
    else if (typeof body === 'string' || Buffer.isBuffer(body)) response.end(body);
    else await sendAll(body, response, signal);
  }

  async #answer(
    request: IncomingMessage,
    table: RouteTable,
    files: ReadonlyMap<string, PageFile>,
    signal: AbortSignal,
  ): Promise<RouteAnswer> {
    const refusal = this.access.refusal(request);
    if (refusal !== undefined) return problemAnswer(refusal.status, refusal.problem);
    const url = urlOf(request);
    if (url === undefined) return problemAnswer(400, 'The address of the request is not valid.');
    const found = table.find(url.pathname);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const match = found.find(({ route }) => route.method === method);
    if (match?.route.open !== true) {
      const token = url.searchParams.get('token');
      if (url.pathname === '/' && token !== null && method === 'GET') return this.#enter(token);
      if (!this.access.allows(request)) return problemAnswer(401, NOT_LET_IN);
    }
    if (match !== undefined) {
      return match.route.answer({ params: match.params, query: url.searchParams, message: request, signal });
    }
    const allowed = found.map(({ route }) => route.method);
    const file = files.get(url.pathname);
    if (found.length > 0 || (file !== undefined && method !== 'GET') || !isKnownMethod(method)) {
      const allow = found.length > 0 ? allowed.join(', ') : 'GET';
      const answer = problemAnswer(405, `This address takes ${allow}.`);
      return { ...answer, headers: { ...answer.headers, allow } };
    }
    if (file !== undefined) return { headers: { 'content-type': file.type }, body: file.content };
    if (url.pathname === '/') {
      return problemAnswer(503, 'The page was not built: run "npm run build". The API at /api/ works.');
    }
    return problemAnswer(404, 'There is nothing at this address.');
  }

  /** Lets a browser in that has the printed URL, and takes the token out of its address bar. */
  #enter(token: string): RouteAnswer {
    if (!this.access.isToken(token)) return problemAnswer(401, NOT_LET_IN);
    return { status: 303, headers: { location: '/', 'set-cookie': this.access.cookie }, body: '' };
  }
}

function isKnownMethod(method: string | undefined): boolean {
  return method === 'GET';
}

function urlOf({ url = '' }: IncomingMessage): URL | undefined {
  // Two slashes would be taken for a host.
  if (!url.startsWith('/') || url.startsWith('//')) return undefined;
  try {
    return new URL(url, 'http://localhost');
  } catch {
    return undefined;
  }
}

async function sendAll(
  body: AsyncIterable<string | Buffer>,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  try {
    await pipeline(Readable.from(body), response, { signal });
  } catch (error) {
    // The client went away, or the server ends.
    if (!signal.aborted) throw error;
  }
}
