import type { MiddlewareHandler } from 'hono';
import { invalidRequest } from '../api-error.js';
import type { Environment } from './environment.js';

/** Accepts any key that does not start with `sk-bad`. Azure also takes the key in a header of its own. */
export function requireKey(): MiddlewareHandler<Environment> {
  return async (c, next) => {
    const key = c.req.header('api-key') ?? c.req.header('authorization')?.replace(/^Bearer\s+/i, '');
    if (!key) throw invalidRequest(MISSING, {}, 401);
    if (key.startsWith('sk-bad')) {
      const message = `Incorrect API key provided: ${maskKey(key)}. You can find your API key at https://platform.openai.com/account/api-keys.`;
      throw invalidRequest(message, { code: 'invalid_api_key' }, 401);
    }
    await next();
  };
}

const MISSING =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer " +
  'auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you are ' +
  'accessing the API from your browser and are prompted for a username and password. You can obtain an API ' +
  'key from https://platform.openai.com/account/api-keys.';

const SHOWN_START = 8;
const SHOWN_END = 4;

/** Masks a key as OpenAI does: the first eight characters, an asterisk for each hidden one, the last four. */
export function maskKey(key: string): string {
  const hidden = key.length - SHOWN_START - SHOWN_END;
  return hidden > 0 ? key.slice(0, SHOWN_START) + '*'.repeat(hidden) + key.slice(-SHOWN_END) : key;
}
