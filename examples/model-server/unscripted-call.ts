import type { Handler } from 'hono';
import type { Fault } from './faults/fault.js';
import type { Environment, Exchange } from './http/environment.js';
import { replaceReply } from './http/replace-reply.js';
import { headerFaults, requireModel, type Stage } from './model-call.js';

/** A call in which no scenario speaks: the request alone decides the answer. */
export interface UnscriptedApi<Request> {
  /** What the faults are counted under, when the request gives no key of its own. */
  readonly name: string;
  /** Throws an `ApiError` for a request that the API would refuse. */
  read(c: Exchange): Request;
  /** The model that is asked for, where there is one. */
  modelOf?(request: Request): string;
  answer(c: Exchange, request: Request, faults: readonly Fault[]): Response | Promise<Response>;
}

/** The life of such a call: read it, meet the faults that its header asks for, answer. */
export function unscriptedCall<Request>(api: UnscriptedApi<Request>, stage: Stage): Handler<Environment> {
  return async (c) => {
    const request = api.read(c);
    const model = api.modelOf?.(request);
    if (model !== undefined) requireModel(c, model, stage);
    const faults = stage.ledger.take(headerFaults(c, c.req.header('x-fault-key') ?? api.name));
    return (await replaceReply(c, model ?? api.name, faults)) ?? api.answer(c, request, faults);
  };
}
