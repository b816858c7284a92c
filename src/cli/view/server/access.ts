import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const TOKEN_BYTES = 32;

/** A reason to refuse a request, as a status and a text for the user. */
export interface AccessRefusal {
  readonly status: number;
  readonly problem: string;
}

/**
 * Decides which requests are answered. Any page in the browser can send requests to a port of this machine, and any name
 * in the DNS may lead to it. So a request needs a token that only the printed URL has, a `Host` that is ours, and must
 * not come from another origin.
 */
export class ServerAccess {
  readonly #token = randomBytes(TOKEN_BYTES).toString('base64url');
  readonly #host: string;
  readonly #port: number;

  /** @param host - the address that the server listens on. */
  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** The URL that lets a browser in. */
  get url(): string {
    return `${this.origin}/?token=${this.#token}`;
  }

  get origin(): string {
    return `http://${urlHost(this.#host)}:${this.#port}`;
  }

  /** `Set-Cookie` for a browser that was let in. Cookies do not tell ports apart, so the name does. */
  get cookie(): string {
    return `${this.#cookieName}=${this.#token}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Refuses requests for another server, and those that another site's page made. */
  refusal({ headers }: IncomingMessage): AccessRefusal | undefined {
    const { host, origin } = headers;
    if (!this.#authorities.includes((host ?? '').toLowerCase())) {
      return { status: 421, problem: `This server is ${this.origin}; use that address.` };
    }
    if (origin !== undefined && !this.#authorities.some((authority) => origin === `http://${authority}`)) {
      return { status: 403, problem: 'Requests from other origins are refused.' };
    }
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      return {
        status: 403,
        problem: 'Requests from other sites are refused; paste the printed URL into the address bar.',
      };
    }
    return undefined;
  }

  /** Whether a request has the token, in its cookie or as a bearer. */
  allows({ headers }: IncomingMessage): boolean {
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return this.isToken(bearer);
    const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
    const prefix = `${this.#cookieName}=`;
    return cookies.some((cookie) => cookie.startsWith(prefix) && this.isToken(cookie.slice(prefix.length)));
  }

  /** Compares in constant time. */
  isToken(value: string): boolean {
    return timingSafeEqual(digest(value), digest(this.#token));
  }

  get #cookieName(): string {
    return `agent-events-${this.#port}`;
  }

  get #authorities(): string[] {
    const hosts = ['127.0.0.1', 'localhost', '[::1]', urlHost(this.#host).toLowerCase()];
    return hosts.map((host) => `${host}:${this.#port}`).concat(this.#port === 80 ? hosts : []);
  }
}

/** Digests have the same length, which the comparison needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
