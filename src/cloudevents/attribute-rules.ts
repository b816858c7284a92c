/** The rules of CloudEvents 1.0.2 for attributes, and the one wording of what breaks them. */
import { types } from 'node:util';
import { showValue } from '../text/show-value.js';
import { FORBIDDEN, isTimestamp } from './cloud-event.js';

/** A value of an attribute, as a program has it: one of the types of CloudEvents. */
export type CloudEventAttributeValue = string | number | boolean | Date | Uint8Array;

/** A rule for the value of an attribute. */
interface AttributeRule {
  readonly accepted: string;
  accepts(value: string): boolean;
}

/** Characters of RFC 3986 besides brackets and `#`, with a percent sign only before two hexadecimal digits. */
const URI_TEXT = "(?:[\\w\\-.~:/?@!$&'()*+,;=]|%[0-9a-f]{2})*";
/** An address of IPv6 is the only place of brackets. */
const URI = new RegExp(
  `^(?:(?:[a-z][a-z0-9+.-]*:)?//(?:${URI_TEXT}@)?\\[[0-9a-f:.]+\\])?${URI_TEXT}(?:#${URI_TEXT})?$`,
  'i',
);
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const COLON_IN_FIRST_SEGMENT = /^[^/?#]*:/;

/** RFC 2046: `text/plain; charset=utf-8`. */
const TOKEN = "[\\w!#$&^.+*'`|~%-]+";
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:\\s*;\\s*${TOKEN}=(?:${TOKEN}|"[^"]*"))*\\s*;?$`);

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/;

const TEXT: AttributeRule = { accepted: 'a non-empty string', accepts: (value) => value !== '' };

/** Attributes that are strings of a certain form. Any other is an extension of any type. */
const RULES: ReadonlyMap<string, AttributeRule> = new Map<string, AttributeRule>([
  ['specversion', { accepted: "'1.0'", accepts: (value) => value === '1.0' }],
  ['id', TEXT],
  ['type', TEXT],
  ['subject', TEXT],
  ['source', { accepted: 'a non-empty URI reference, such as /shop/desk', accepts: isUriReference }],
  [
    'dataschema',
    {
      accepted: 'an absolute URI, such as https://shop.example/schema',
      accepts: (value) => SCHEME.test(value) && isUriReference(value),
    },
  ],
  ['time', { accepted: 'a time of RFC 3339, such as 2026-03-14T09:26:53Z', accepts: isTimestamp }],
  [
    'datacontenttype',
    { accepted: 'a media type, such as application/json', accepts: (value) => MEDIA_TYPE.test(value) },
  ],
  ['partitionkey', TEXT],
  [
    'traceparent',
    { accepted: 'a traceparent of W3C Trace Context', accepts: (value) => TRACEPARENT.test(value) },
  ],
]);

const MAX_INTEGER = 2 ** 31;

/** Returns what is wrong with an attribute: its name, its value and the rule; `undefined` if it is accepted. */
export function attributeProblem(name: string, value: unknown): string | undefined {
  if (!/^[a-z0-9]+$/.test(name)) {
    return `the attribute name ${showValue(name)} is not allowed; it must be lower-case letters and digits`;
  }
  if (name === 'data') return "the attribute name 'data' is not allowed; pass the data beside the attributes";
  const rule = RULES.get(name);
  const text = types.isDate(value) && name === 'time' ? timeOf(value) : value;
  if (rule !== undefined) {
    if (typeof text !== 'string' || !rule.accepts(text)) return wrong(name, value, rule.accepted);
  } else if (!isExtensionValue(value)) {
    return wrong(name, value, 'a string, a boolean, an integer of 32 bits, a valid Date or bytes');
  }
  if (typeof text === 'string' && FORBIDDEN.test(text)) {
    return wrong(name, value, 'free of control characters, lone surrogates and noncharacters');
  }
  return undefined;
}

/** Returns an accepted value as JSON has it: a time as RFC 3339, bytes as Base64. */
export function attributeJson(value: CloudEventAttributeValue): string | number | boolean {
  if (types.isDate(value)) return value.toISOString();
  return types.isUint8Array(value) ? Buffer.from(value).toString('base64') : value;
}

function wrong(name: string, value: unknown, accepted: string): string {
  return `attribute "${name}" is ${showValue(value)}; it must be ${accepted} (CloudEvents 1.0.2)`;
}

function timeOf(date: Date): string | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function isUriReference(value: string): boolean {
  return value !== '' && URI.test(value) && (SCHEME.test(value) || !COLON_IN_FIRST_SEGMENT.test(value));
}

function isExtensionValue(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isInteger(value) && value >= -MAX_INTEGER && value < MAX_INTEGER;
    default:
      return types.isUint8Array(value) || (types.isDate(value) && timeOf(value) !== undefined);
  }
}
