import {
  ENDPOINT_ACCEPTED,
  isBroker,
  isEndpoint,
  isKey,
  KEY_ACCEPTED,
  shownAddress,
  shownSecret,
  URL_RULE,
} from '../sinks/http/address.js';
import { isHeaderName, isHeaderValue } from '../sinks/http/headers.js';

/** A rule for the text of an environment variable. */
export interface VariableRule<Value> {
  /** The fix, as it follows "it must be": `true or false`. */
  readonly accepted: string;
  /** Returns the value; `undefined` if the text is not accepted. */
  readonly read: (text: string) => Value | undefined;
  /** Returns the text as a message may show it. Only for variables that may contain a secret. */
  readonly show?: (text: string) => string;
}

/** Limit of Node's timers, which fire immediately for any longer time. */
const MOST_SECONDS = 2_147_483;
/** `Number` would also accept `''`, `0x10` and `Infinity`. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

export const TEXT: VariableRule<string> = { accepted: 'a non-empty text', read: (text) => text };

export const LIST: VariableRule<readonly string[]> = {
  accepted: 'a comma-separated list',
  read: (text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
};

export const BOOLEAN: VariableRule<boolean> = {
  ...oneOfWords({ true: true, false: false, 1: true, 0: false }),
  accepted: 'true or false (1 or 0)',
};

export const WHOLE_NUMBER: VariableRule<number> = {
  accepted: 'a whole number above 0',
  read: (text) => {
    const number = decimal(text);
    return Number.isSafeInteger(number) && number > 0 ? number : undefined;
  },
};

export function wholeNumberFrom(least: number): VariableRule<number> {
  return {
    accepted: `a whole number of at least ${least}`,
    read: (text) => {
      const number = decimal(text);
      return Number.isSafeInteger(number) && number >= least ? number : undefined;
    },
  };
}

export const SECONDS_AS_MILLIS: VariableRule<number> = {
  accepted: `a number of seconds from 0.001 to ${MOST_SECONDS}`,
  read: (text) => {
    const seconds = decimal(text);
    return seconds >= 0.001 && seconds <= MOST_SECONDS ? Math.round(seconds * 1000) : undefined;
  },
};

export const ENDPOINT: VariableRule<string> = {
  accepted: ENDPOINT_ACCEPTED,
  read: (text) => (isEndpoint(text) ? text : undefined),
  show: shownAddress,
};

export const SECRET: VariableRule<string> = {
  accepted: KEY_ACCEPTED,
  read: (text) => (isKey(text) ? text : undefined),
  show: shownSecret,
};

export const BROKERS: VariableRule<readonly string[]> = {
  accepted: 'a comma-separated list of hosts with or without a port, e.g. kafka-1.example:9092',
  read(text) {
    const brokers = LIST.read(text) ?? [];
    return brokers.length > 0 && brokers.every(isBroker) ? brokers : undefined;
  },
  show: shownAddress,
};

export const URL_TEXT: VariableRule<string> = {
  accepted: URL_RULE.accepted,
  read: (text) => (URL_RULE.problems('', text).length === 0 ? text : undefined),
  show: shownAddress,
};

/** Headers in the form of `OTEL_EXPORTER_OTLP_HEADERS`. */
export const HEADERS: VariableRule<Readonly<Record<string, string>>> = {
  accepted:
    'a comma-separated list of headers, e.g. authorization=Bearer%20key, none of them about the content',
  read(text) {
    const headers = LIST.read(text)?.map((entry): [string, string] => {
      const [name = '', ...value] = entry.split('=');
      return [name.trim(), percentDecoded(value.join('=').trim())];
    });
    const accepted = headers?.every(
      ([name, value]) => isHeaderName(name) && value !== '' && isHeaderValue(value),
    );
    return headers !== undefined && accepted ? Object.fromEntries(headers) : undefined;
  },
  show: shownSecret,
};

function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** A rule for a choice of words. Upper and lower case are equal, as for OpenTelemetry's variables. */
export function oneOfWords<Value>(values: Readonly<Record<string, Value>>): VariableRule<Value> {
  return {
    accepted: Object.keys(values).join(' or '),
    read: (text) => (Object.hasOwn(values, text.toLowerCase()) ? values[text.toLowerCase()] : undefined),
  };
}

/** A rule for one or several of some words, with commas between them. */
export function wordsOf<Word extends string>(words: readonly Word[]): VariableRule<readonly Word[]> {
  return {
    accepted: `${words.slice(0, -1).join(', ')} or ${words.at(-1)}, or several of them, separated by commas`,
    read(text) {
      const entries = new Set(LIST.read(text)?.map((entry) => entry.toLowerCase()));
      const known = words.filter((word) => entries.has(word));
      return known.length > 0 && known.length === entries.size ? known : undefined;
    },
  };
}

function decimal(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}
