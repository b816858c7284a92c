import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import { ALREADY_SENT } from '../http/answer.js';
import { derivedId, newSeed } from '../ids.js';
import type { BatchLine } from './lines.js';

/** A request to the routes of this server. */
export type Dispatch = (request: Request, bindings: HttpBindings) => Response | Promise<Response>;

/** A line of a batch's output file or, if not `ok`, of its error file. */
export interface LineResult {
  readonly ok: boolean;
  readonly line: string;
}

/** Runs one line. `undefined` if it was stopped. Never rejects. */
export type LineRunner = (line: BatchLine, stop: AbortSignal) => Promise<LineResult | undefined>;

/** Runs lines through the routes of this server, so that scenarios, faults and errors are the same as over HTTP. */
export function lineRunner(
  dispatch: Dispatch,
  batchId: string,
  authorization: Readonly<Record<string, string>>,
): LineRunner {
  return async (line, stop) => {
    const request = new Request(`http://batch.localhost${line.url}`, {
      method: 'POST',
      headers: { ...authorization, 'content-type': 'application/json', 'x-batch-id': batchId },
      body: JSON.stringify(line.body),
    });
    // The routes watch the connection of their client. This one has no socket, and closes when the batch stops.
    const incoming = new IncomingMessage(new Socket());
    const outgoing = new ServerResponse(incoming);
    const disconnect = () => {
      outgoing.destroy();
      outgoing.emit('close');
    };
    stop.addEventListener('abort', disconnect, { once: true });
    try {
      const response = await dispatch(request, { incoming, outgoing });
      const text = await response.text();
      if (stop.aborted) return undefined;
      if (response.headers.has(ALREADY_SENT) || outgoing.destroyed) return disconnected(line);
      const answer = {
        status_code: response.status,
        request_id: response.headers.get('x-request-id') ?? '',
        body: JSON.parse(text) as unknown,
      };
      return result(line, response.ok, answer, null);
    } catch {
      return stop.aborted ? undefined : disconnected(line);
    } finally {
      stop.removeEventListener('abort', disconnect);
    }
  };
}

function disconnected(line: BatchLine): LineResult {
  return result(line, false, null, {
    code: 'server_error',
    message: 'The connection ended before the answer.',
  });
}

function result(line: BatchLine, ok: boolean, response: object | null, error: object | null): LineResult {
  const id = derivedId('batch_req_', newSeed());
  return { ok, line: JSON.stringify({ id, custom_id: line.custom_id, response, error }) };
}
