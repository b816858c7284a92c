import { httpError, rateLimited, serverError } from '../api-error.js';
import { type Fault, replacesReply } from '../faults/fault.js';
import { noAnswer } from './answer.js';
import { Connection } from './connection.js';
import type { Exchange } from './environment.js';

/** Short, because tests wait for it. */
const DEFAULT_RETRY_AFTER_MS = 20;

/** Carries out the fault that replaces the reply; returns `undefined` if there is none. */
export async function replaceReply(
  c: Exchange,
  model: string,
  faults: readonly Fault[],
): Promise<Response | undefined> {
  const fault = faults.find(replacesReply);
  switch (fault?.fault) {
    case 'rate-limit':
      throw rateLimited(model, fault.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS);
    case 'server-error':
      throw serverError();
    case 'http-error':
      throw httpError(fault.status, fault.message, fault.code);
    case 'hang':
      await new Connection(c.env.outgoing).hang();
      return noAnswer();
    case 'cut':
      await new Connection(c.env.outgoing).cut();
      return noAnswer();
    default:
      return undefined;
  }
}
