/** Headers of requests that the application chooses. Their values may be secrets. */
import { isRecord } from '../../json/readers.js';
import { describedOption, type OptionRule, wrongOption } from '../../options/option-rules.js';
import { shownSecret } from './address.js';

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;

/** Headers that say what the body is, who signed it, and how it is transported. */
const OWN = /^(?:ce-.*|webhook-.*|content-.*|host|connection|transfer-encoding|user-agent)$/i;

const ACCEPTED = 'an object with the values of headers, e.g. { authorization }';
const NAME_ACCEPTED = 'the name of a header that is neither about the content nor the connection';
const VALUE_ACCEPTED = 'a string of printable ASCII characters';

/** The rule for an option `headers`. */
export const HEADERS_RULE: OptionRule = {
  accepted: ACCEPTED,
  problems(option, value) {
    if (!isRecord(value)) return [wrongOption(option, value, ACCEPTED)];
    return Object.entries(value).flatMap(([name, text]) => {
      const place = `${option}['${name}']`;
      if (!isHeaderName(name)) return [describedOption(place, 'not accepted', NAME_ACCEPTED)];
      if (isHeaderValue(text)) return [];
      const shown = typeof text === 'string' ? shownSecret(text) : 'not a string';
      return [describedOption(place, shown, VALUE_ACCEPTED)];
    });
  },
};

export function isHeaderName(name: string): boolean {
  return NAME.test(name) && !OWN.test(name);
}

export function isHeaderValue(value: unknown): boolean {
  return typeof value === 'string' && VALUE.test(value);
}

/** Shorter values, such as `1` or `eu`, are words of any answer. */
const LEAST_SECRET_LENGTH = 8;

/** Returns the texts in the values that a message must not have: `Bearer key` and `key`. */
export function headerSecrets(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers)
    .flatMap((value) => [value, ...value.split(/\s+/)])
    .filter((text) => text.length >= LEAST_SECRET_LENGTH);
}
