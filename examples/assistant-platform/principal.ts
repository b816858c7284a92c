/** Who calls the platform: API keys and the principals behind them. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

export const ROLES = ['shopper', 'analyst'] as const;
export type Role = (typeof ROLES)[number];

/** The owner of an API key. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

/** The key that the platform accepts if API_KEYS is not set. */
export const DEMO_KEY = 'demo-key';

/** `API_KEYS`: entries `name:key:role`, separated by commas. */
export const apiKeysSchema = z
  .string()
  .default(`demo:${DEMO_KEY}:analyst`)
  .transform((text, context) => {
    const principals = new Map<string, Principal>();
    for (const entry of text.split(',')) {
      const [name = '', key = '', role = '', ...rest] = entry.trim().split(':');
      const known = z.enum(ROLES).safeParse(role);
      if (name === '' || key === '' || !known.success || rest.length > 0) {
        context.addIssue({
          code: 'custom',
          message: `each entry must be name:key:role with the role ${ROLES.join(' or ')}`,
        });
        return z.NEVER;
      }
      principals.set(digest(key), { name, role: known.data });
    }
    return new ApiKeys(principals);
  });

/** The accepted API keys. Only their digests are kept, so that a look-up takes the same time for each wrong key. */
export class ApiKeys {
  readonly #principals: ReadonlyMap<string, Principal>;

  constructor(principals: ReadonlyMap<string, Principal>) {
    this.#principals = principals;
  }

  /**
   * @param authorization - value of the header `Authorization`.
   * @returns the owner of its bearer token, or `undefined` if the platform does not know the token.
   */
  find(authorization: string | undefined): Principal | undefined {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    return token === undefined ? undefined : this.#principals.get(digest(token));
  }
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
