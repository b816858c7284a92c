/** Errors as problem details (RFC 9457). A body never has a stack, or the text of an error that nobody expected. */
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ZodError } from 'zod';
import type { Logger } from './logger.js';

export interface Problem {
  readonly status: ContentfulStatusCode;
  /** A stable name for programs, such as `session_not_found`. */
  readonly code: string;
  readonly title: string;
  /** What happened this time, for people. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The places of a request that are wrong. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** The body of every error, for the OpenAPI document. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    request_id: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');

/** Thrown anywhere in a handler, it becomes the answer. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(
    readonly problem: Problem,
    options?: ErrorOptions,
  ) {
    super(problem.detail, options);
  }
}

export function problem(c: Context, { status, code, title, detail, headers, errors }: Problem): Response {
  const requestId: unknown = c.get('requestId');
  const body = { type: 'about:blank', title, status, detail, code, request_id: requestId, errors };
  return c.body(JSON.stringify(body), status, { ...headers, 'content-type': 'application/problem+json' });
}

/** Row of a route's `responses`, for `createRoute`. */
export function problemResponse(description: string) {
  return { description, content: { 'application/problem+json': { schema: problemSchema } } };
}

export function invalidRequest(error: ZodError): Problem {
  const errors = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  return {
    status: 400,
    code: 'invalid_request',
    title: 'Invalid request',
    detail: errors.map((each) => `${each.path || 'body'}: ${each.message}`).join('; '),
    errors,
  };
}

/** The answer to whatever a handler has thrown. */
export function problemOf(error: unknown, logger: Logger): Problem {
  if (error instanceof ProblemError) return error.problem;
  // Hono throws it for a body that is not JSON, or does not say that it is.
  if (error instanceof HTTPException && error.status < 500) {
    return {
      status: error.status as ContentfulStatusCode,
      code: error.status === 415 ? 'unsupported_media_type' : 'invalid_request',
      title: 'Invalid request',
      detail: error.message,
    };
  }
  logger.error({ err: error }, 'unexpected error');
  return {
    status: 500,
    code: 'internal_error',
    title: 'Internal error',
    detail: 'The service has an error; its log has the details under this request id.',
  };
}
