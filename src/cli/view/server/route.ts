import type { IncomingMessage } from 'node:http';
import type { ApiProblem } from '../view-api.js';

/** A request that was let in. */
export interface RouteRequest {
  /** The parts of the path that the route names, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly message: IncomingMessage;
  /** Aborted when the client is gone or the server ends. */
  readonly signal: AbortSignal;
}

export interface RouteAnswer {
  /** 200 by default. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer | AsyncIterable<string | Buffer>;
}

/** One path of the server and what answers it. */
export interface ViewRoute {
  readonly method: 'GET' | 'POST';
  /** A part that begins with a colon stands for any text: `/api/sessions/:id`. */
  readonly path: string;
  /** Whether requests need no token: the endpoints that telemetry is sent to. */
  readonly open?: boolean;
  answer(request: RouteRequest): RouteAnswer | Promise<RouteAnswer>;
}

/** Thrown for a request that cannot be answered. The message is for the user. */
export class RequestProblem extends Error {
  readonly status: number;

  constructor(status: number, problem: string) {
    super(problem);
    this.status = status;
  }
}

export function jsonAnswer(value: unknown, status = 200): RouteAnswer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: jsonText(value) };
}

export function problemAnswer(status: number, problem: string): RouteAnswer {
  return jsonAnswer({ problem } satisfies ApiProblem, status);
}

function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // Content may be nested too deep for the stack.
    throw new RequestProblem(422, 'The content is nested too deep to be shown; look at the file itself.');
  }
}

/** Finds the route of a path. */
export class RouteTable {
  readonly #routes: readonly { readonly route: ViewRoute; readonly parts: readonly string[] }[];

  constructor(routes: readonly ViewRoute[]) {
    this.#routes = routes.map((route) => ({ route, parts: route.path.split('/') }));
  }

  /** The routes of all methods that have the path. */
  find(path: string): { readonly route: ViewRoute; readonly params: Record<string, string> }[] {
    const parts = path.split('/');
    return this.#routes.flatMap(({ route, parts: pattern }) => {
      const params = paramsOf(pattern, parts);
      return params === undefined ? [] : [{ route, params }];
    });
  }
}

function paramsOf(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const given = parts[index] ?? '';
    if (!part.startsWith(':')) {
      if (part !== given) return undefined;
      continue;
    }
    const decoded = decodedPart(given);
    if (decoded === undefined || decoded === '') return undefined;
    params[part.slice(1)] = decoded;
  }
  return params;
}

function decodedPart(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
