/**
 * Signatures of Standard Webhooks 1.0, with which a receiver knows the sender and that a request is new:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac } from 'node:crypto';
import * as clock from '../../clock.js';
import {
  describedOption,
  missingOption,
  type OptionRule,
  objectOf,
  required,
} from '../../options/option-rules.js';
import { showValue } from '../../text/show-value.js';
import { shownSecret } from './address.js';

/** How requests are signed. */
export interface WebhookSigning {
  /**
   * The secret that the receiver has too: 24 to 64 bytes as base64, with or without `whsec_` before them. With several,
   * each makes a signature, so that the receiver can change from one to the next.
   */
  secret: string | readonly string[];
}

const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const LEAST_BYTES = 24;
const MOST_BYTES = 64;
const ACCEPTED = `base64 of ${LEAST_BYTES} to ${MOST_BYTES} bytes, e.g. whsec_…, or several in an array`;

const SECRET_RULE: OptionRule = {
  accepted: ACCEPTED,
  problems(option, value) {
    const secrets: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (secrets.length === 0) return [missingOption(option, ACCEPTED)];
    return secrets
      .filter((secret) => !isSecret(secret))
      .map((secret) =>
        describedOption(
          option,
          typeof secret === 'string' ? shownSecret(secret) : showValue(secret),
          ACCEPTED,
        ),
      );
  },
};

/** The rule for an option `signing`. */
export const SIGNING_RULE = objectOf({ secret: required(SECRET_RULE) }, 'an object with "secret"');

function isSecret(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const text = withoutPrefix(value);
  const { length } = Buffer.from(text, 'base64');
  return BASE64.test(text) && length >= LEAST_BYTES && length <= MOST_BYTES;
}

function withoutPrefix(secret: string): string {
  return secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
}

/** The secrets as they are written, for a message to leave out. */
export function secretsOf({ secret }: WebhookSigning): string[] {
  return [secret].flat().flatMap((text) => [text, withoutPrefix(text)]);
}

/**
 * Returns the headers that sign a request.
 *
 * @param id - the same for each attempt to send the same events.
 */
export function signatureHeaders(
  { secret }: WebhookSigning,
  id: string,
  body: Uint8Array,
): Record<string, string> {
  const timestamp = String(Math.floor(clock.now() / 1000));
  const signatures = [secret].flat().map((text) => {
    const hmac = createHmac('sha256', Buffer.from(withoutPrefix(text), 'base64'));
    return `v1,${hmac.update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
