import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { notJson } from '../api-error.js';
import { deploymentOf } from './azure.js';
import type { RecordedRequest } from './recorded-request.js';

/** What Hono carries through one exchange. */
export interface Environment {
  Bindings: HttpBindings;
  Variables: {
    record: RecordedRequest;
    /** The parsed body, of JSON or of a form; undefined when there is none, or when it is neither. */
    json: unknown;
  };
}

export type Exchange = Context<Environment>;

/** The body; on Azure a deployment in the path stands for the model that the body leaves out. */
export function jsonBody(c: Exchange): unknown {
  const body = c.get('json');
  if (body === undefined) throw notJson();
  const deployment = deploymentOf(c);
  if (deployment === undefined || typeof body !== 'object' || body === null || 'model' in body) return body;
  return { ...body, model: deployment };
}
