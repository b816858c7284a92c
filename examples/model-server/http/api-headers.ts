import type { MiddlewareHandler } from 'hono';
import { requestId } from '../ids.js';
import type { Environment } from './environment.js';

const FIXED: Readonly<Record<string, string>> = {
  'openai-version': '2020-10-01',
  'openai-organization': 'org-local',
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-reset-requests': '6ms',
  'x-ratelimit-limit-tokens': '2000000',
  'x-ratelimit-remaining-tokens': '1999000',
  'x-ratelimit-reset-tokens': '30ms',
};

/** The headers that OpenAI sends with every answer, errors included. */
export function apiHeaders(): MiddlewareHandler<Environment> {
  return async (c, next) => {
    const started = performance.now();
    await next();
    const { headers } = c.res;
    for (const [name, value] of Object.entries(FIXED)) {
      // A rate-limited answer already has the number of its remaining requests.
      if (!headers.has(name)) headers.set(name, value);
    }
    headers.set('x-request-id', requestId());
    headers.set('openai-processing-ms', String(Math.max(1, Math.round(performance.now() - started))));
  };
}
