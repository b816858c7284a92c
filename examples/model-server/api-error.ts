/** An error in OpenAI's shape. If it is thrown while a request is handled, it becomes the answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly details: ErrorDetails,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(details.message);
    this.name = 'ApiError';
  }

  get body(): { error: ErrorDetails } {
    return { error: this.details };
  }
}

export interface ErrorDetails {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

type Where = { readonly param?: string; readonly code?: string };

function ofType(type: string, message: string, where: Where = {}): ErrorDetails {
  return { message, type, param: where.param ?? null, code: where.code ?? null };
}

export function invalidRequest(message: string, where?: Where, status = 400): ApiError {
  return new ApiError(status, ofType('invalid_request_error', message, where));
}

export function notJson(): ApiError {
  return invalidRequest(
    'We could not parse the JSON body of your request. (HINT: This likely means you aren’t using your HTTP ' +
      'library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)',
  );
}

export function unknownModel(model: string): ApiError {
  const message = `The model \`${model}\` does not exist or you do not have access to it.`;
  return invalidRequest(message, { code: 'model_not_found' }, 404);
}

export function unknownRoute(method: string, path: string): ApiError {
  return invalidRequest(`Invalid URL (${method} ${path})`, {}, 404);
}

export const SERVER_ERROR: ErrorDetails = ofType(
  'server_error',
  'The server had an error while processing your request. Sorry about that!',
  { code: 'server_error' },
);

export function serverError(): ApiError {
  return new ApiError(500, SERVER_ERROR);
}

export function rateLimited(model: string, retryAfterMs: number): ApiError {
  const message =
    `Rate limit reached for ${model} in organization org-local on requests per min (RPM): ` +
    `Limit 10000, Used 10000, Requested 1. Please try again in ${retryAfterMs}ms.`;
  return new ApiError(429, ofType('requests', message, { code: 'rate_limit_exceeded' }), {
    'retry-after-ms': String(retryAfterMs),
    'retry-after': String(Math.ceil(retryAfterMs / 1000)),
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': `${retryAfterMs}ms`,
  });
}

const TYPE_OF_STATUS: Partial<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'requests',
};

/** The answer to the fault `http-error`. */
export function httpError(status: number, message = `Scripted error ${status}.`, code?: string): ApiError {
  const type = TYPE_OF_STATUS[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
  return new ApiError(status, ofType(type, message, code === undefined ? {} : { code }));
}
