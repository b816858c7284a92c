import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { notJson } from '../api-error.js';
import { deploymentOf } from './azure.js';
import type { RecordedRequest } from './recorded-request.js';

/** The variables that Hono carries through one exchange. */
export interface Environment {
  Bindings: HttpBindings;
  Variables: {
    record: RecordedRequest;
    /** The parsed body, JSON or a form; `undefined` if there is no body or it is neither. */
    json: unknown;
  };
}

export type Exchange = Context<Environment>;

/** Returns the body. On Azure the deployment in the path is the model, if the body has none. */
export function jsonBody(c: Exchange): unknown {
  const body = c.get('json');
  if (body === undefined) throw notJson();
  const deployment = deploymentOf(c);
  if (deployment === undefined || typeof body !== 'object' || body === null || 'model' in body) return body;
  return { ...body, model: deployment };
}
