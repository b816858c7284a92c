/** Parts that the routes share. */
import { z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { createRouter } from '../../service/http-service.js';
import { activeIds } from '../../service/logger.js';
import { ProblemError, problemResponse } from '../../service/problem.js';
import type { ServiceBindings } from '../../service/trace-requests.js';
import type { ApiKeys, Principal } from '../principal.js';

/** The variables that every handler behind `authenticate` has. */
export interface PlatformBindings extends ServiceBindings {
  Variables: ServiceBindings['Variables'] & { principal: Principal };
}

export type PlatformRouter = ReturnType<typeof createPlatformRouter>;

export function createPlatformRouter() {
  return createRouter<PlatformBindings>();
}

/** Refuses requests without a known key, and sets `principal`. */
export function authenticate(keys: ApiKeys): MiddlewareHandler<PlatformBindings> {
  return async (c, next) => {
    const principal = keys.find(c.req.header('authorization'));
    if (principal === undefined) {
      throw new ProblemError({
        status: 401,
        code: 'unauthorized',
        title: 'Key missing or unknown',
        detail: 'Send the header "Authorization: Bearer <key>" with one of the keys in API_KEYS.',
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    c.set('principal', principal);
    await next();
  };
}

/** The members by which an answer is found in logs and traces. */
export function requestIds(c: Context<PlatformBindings>) {
  return { trace_id: activeIds().trace_id ?? null, request_id: c.get('requestId') };
}

export const requestIdsShape = { trace_id: z.string().nullable(), request_id: z.string() };

export const usageSchema = z
  .object({ input_tokens: z.int(), output_tokens: z.int(), total_tokens: z.int() })
  .openapi('TokenUsage');

/** Rows of `responses` for the errors that every route has. */
export const COMMON_PROBLEMS = {
  400: problemResponse('The request is invalid.'),
  401: problemResponse('The key is missing or unknown.'),
  429: problemResponse(
    'A rate limit is reached, of this service or of the model. `Retry-After` says how long to wait.',
  ),
};

/** Rows for the errors of routes that call the model. */
export const MODEL_PROBLEMS = {
  ...COMMON_PROBLEMS,
  403: problemResponse('The message has markers of abuse.'),
  413: problemResponse('The body or the conversation is too long.'),
  422: problemResponse('A content filter stopped the answer, or the model refused.'),
  502: problemResponse('The model failed or cannot be reached.'),
  503: problemResponse('The circuit to the model is open, or its quota is used up.'),
  504: problemResponse('The model did not answer in time.'),
};

export const SECURITY = [{ bearer: [] }];

export function jsonContent<T>(schema: T) {
  return { 'application/json': { schema } };
}
