/** Addresses and keys of endpoints, as options and variables hold them. */
import { createHash } from 'node:crypto';
import { describedOption, type OptionRule } from '../../options/option-rules.js';
import { maskSecrets } from '../../text/mask-secrets.js';
import { showValue } from '../../text/show-value.js';

export const ENDPOINT_ACCEPTED =
  'an http or https URL without user, query and fragment, e.g. https://api.example.com/v1';

/** Whether the text is a URL to whose path others can be added. */
export function isEndpoint(text: string): boolean {
  return !/[?#]/.test(text) && isHttpUrl(text);
}

/** Whether the text is a URL without user and password, which `fetch` refuses with a message that quotes them. */
function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

/** Returns an address as a message may show it. The part before the @ may be a password, and the query a key. */
export function shownAddress(text: string): string {
  return `'${text.replace(/^.*@/s, '***@').replace(/[?#].*$/s, '?***')}'`;
}

export const ENDPOINT_RULE: OptionRule = {
  accepted: ENDPOINT_ACCEPTED,
  problems(option, value) {
    if (typeof value === 'string' && isEndpoint(value)) return [];
    const shown = typeof value === 'string' && value !== '' ? shownAddress(value) : showValue(value);
    return [describedOption(option, shown, ENDPOINT_ACCEPTED)];
  },
};

/** A rule for an address to which nothing is added, so that it may have a query. */
export const URL_RULE: OptionRule = {
  accepted: 'an http or https URL without user, e.g. https://example.com/events',
  problems(option, value) {
    if (typeof value === 'string' && isHttpUrl(value)) return [];
    const shown = typeof value === 'string' && value !== '' ? shownAddress(value) : showValue(value);
    return [describedOption(option, shown, URL_RULE.accepted)];
  },
};

/** A rule for the address of a broker. It has no user and password, because it is in the name of a sink. */
export const BROKER_RULE: OptionRule = {
  accepted: 'a host with or without a port, e.g. kafka-1.example:9092',
  problems(option, value) {
    if (typeof value === 'string' && isBroker(value)) return [];
    const shown = typeof value === 'string' && value !== '' ? shownAddress(value) : showValue(value);
    return [describedOption(option, shown, BROKER_RULE.accepted)];
  },
};

export function isBroker(text: string): boolean {
  return /^[^\s@/,]+$/.test(text);
}

/** Parts of a path that are this long, and have letters and digits, are taken for secrets, as in Slack's webhooks. */
const SECRET_SEGMENT = /^(?=.*\d)(?=.*[a-z]).{16,}$/i;

/**
 * Returns an address as a part of a name, without what may be a secret. A short hash distinguishes it from others that
 * differ in that only.
 */
export function addressName(url: string): string {
  const { origin, pathname, search } = new URL(url);
  const path = pathname
    .split('/')
    .map((segment) => (SECRET_SEGMENT.test(segment) || maskSecrets(segment) !== segment ? '…' : segment))
    .join('/');
  const isWhole = search === '' && path === pathname;
  return origin + path + (isWhole ? '' : ` ${createHash('sha256').update(url).digest('hex').slice(0, 8)}`);
}

/** Characters that an HTTP header can carry, without blanks. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

export const KEY_ACCEPTED = 'visible ASCII characters without blanks or line breaks';

export function isKey(text: string): boolean {
  return VISIBLE_ASCII.test(text);
}

/** Returns a secret as a message may describe it. */
export function shownSecret(text: string): string {
  return `a text of ${text.length} characters`;
}

export const KEY_RULE: OptionRule = {
  accepted: KEY_ACCEPTED,
  problems(option, value) {
    if (typeof value === 'string' && isKey(value)) return [];
    const shown = typeof value === 'string' && value !== '' ? shownSecret(value) : showValue(value);
    return [describedOption(option, shown, KEY_ACCEPTED)];
  },
};
