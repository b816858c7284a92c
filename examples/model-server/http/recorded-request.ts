import type { MiddlewareHandler } from 'hono';
import { ALREADY_SENT } from './answer.js';
import type { Environment } from './environment.js';
import { readForm } from './form.js';

/** A request as it arrived, for tests to inspect. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly receivedAt: number;
  /** Parsed JSON, the fields of a form, or the text itself if it is neither; null without a body. */
  body: unknown;
  /** Id of the scenario that answered; null if none did. */
  scenario: string | null;
  /** Null until there is an answer, and for ever if the connection was cut or left hanging. */
  status: number | null;
}

/** A limit, because a server that runs for days must not keep every body. */
const KEPT = 10_000;

export function recordRequests(requests: RecordedRequest[]): MiddlewareHandler<Environment> {
  return async (c, next) => {
    const record: RecordedRequest = {
      method: c.req.method,
      path: c.req.path,
      headers: c.req.header(),
      receivedAt: Date.now(),
      body: null,
      scenario: null,
      status: null,
    };
    requests.push(record);
    if (requests.length > KEPT) requests.shift();
    c.set('record', record);

    const bytes = await c.req.arrayBuffer();
    const text = new TextDecoder().decode(bytes);
    const type = c.req.header('content-type') ?? '';
    const body = type.startsWith('multipart/') ? await readForm(bytes, type) : parseJson(text);
    c.set('json', body);
    record.body = text === '' ? null : (body ?? text);

    await next();
    if (!c.res.headers.has(ALREADY_SENT)) record.status = c.res.status;
  };
}

/** Returns `undefined`, which JSON does not have, for text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
