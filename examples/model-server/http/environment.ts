import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { notJson } from '../api-error.js';
import type { RecordedRequest } from './recorded-request.js';

/** What Hono carries through one exchange. */
export interface Environment {
  Bindings: HttpBindings;
  Variables: {
    record: RecordedRequest;
    /** The parsed body; undefined when there is none, or when it is no JSON. */
    json: unknown;
  };
}

export type Exchange = Context<Environment>;

export function jsonBody(c: Exchange): unknown {
  const body = c.get('json');
  if (body === undefined) throw notJson();
  return body;
}
