import type { Handler } from 'hono';
import type { Fault } from './faults/fault.js';
import type { Environment, Exchange } from './http/environment.js';
import { replaceReply } from './http/replace-reply.js';
import { headerFaults, requireModel, type Stage } from './model-call.js';

/** A call without a scenario, whose answer depends on the request alone. */
export interface UnscriptedApi<Request> {
  /** Key under which the faults are counted, if the request has no key of its own. */
  readonly name: string;
  /** Throws an `ApiError` for a request that the API would reject. */
  read(c: Exchange): Request;
  /** The requested model; absent for calls without one. */
  modelOf?(request: Request): string;
  answer(c: Exchange, request: Request, faults: readonly Fault[]): Response | Promise<Response>;
}

/** Handles such a call: reads it, applies the faults in its header, and answers. */
export function unscriptedCall<Request>(api: UnscriptedApi<Request>, stage: Stage): Handler<Environment> {
  return async (c) => {
    const request = api.read(c);
    const model = api.modelOf?.(request);
    if (model !== undefined) requireModel(c, model, stage);
    const faults = stage.ledger.take(headerFaults(c, c.req.header('x-fault-key') ?? api.name));
    return (await replaceReply(c, model ?? api.name, faults)) ?? api.answer(c, request, faults);
  };
}
