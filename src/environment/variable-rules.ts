/** How the text of a variable becomes a value. */
export interface VariableRule<Value> {
  readonly accepted: string;
  /** @returns `undefined` where the text is not accepted. */
  readonly read: (text: string) => Value | undefined;
  /** What a message shows of a text that may hold a secret. */
  readonly show?: (text: string) => string;
}

/** Of the timers of Node.js, which take more for no time at all. */
const MOST_SECONDS = 2_147_483;
/** `Number` also reads `''`, `0x10` and `Infinity`. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** What a header can carry, without blanks. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

export const TEXT: VariableRule<string> = { accepted: 'a text', read: (text) => text };

export const LIST: VariableRule<readonly string[]> = {
  accepted: 'a list with commas between',
  read: (text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
};

export const BOOLEAN: VariableRule<boolean> = {
  ...oneOf({ true: true, false: false, 1: true, 0: false }),
  accepted: 'true or false (1 or 0)',
};

export const WHOLE_NUMBER: VariableRule<number> = {
  accepted: 'a whole number above 0',
  read: (text) => {
    const number = decimal(text);
    return Number.isSafeInteger(number) && number > 0 ? number : undefined;
  },
};

export const SECONDS_AS_MILLIS: VariableRule<number> = {
  accepted: `a number of seconds from 0.001 to ${MOST_SECONDS}`,
  read: (text) => {
    const seconds = decimal(text);
    return seconds >= 0.001 && seconds <= MOST_SECONDS ? Math.round(seconds * 1000) : undefined;
  },
};

export const ENDPOINT: VariableRule<string> = {
  accepted: 'an http or https address without user, query and fragment, e.g. https://api.example.com/v1',
  read: (text) => {
    if (!URL.canParse(text) || /[?#]/.test(text)) return undefined;
    const { protocol, username, password } = new URL(text);
    return /^https?:$/.test(protocol) && username === '' && password === '' ? text : undefined;
  },
  // A password stands before the @, a key may be in the query.
  show: (text) => `'${text.replace(/^.*@/s, '***@').replace(/[?#].*$/s, '?***')}'`,
};

export const SECRET: VariableRule<string> = {
  accepted: 'visible ASCII characters, without blanks and line breaks between',
  read: (text) => (VISIBLE_ASCII.test(text) ? text : undefined),
  show: (text) => `a text of ${text.length} characters`,
};

/** Any case is accepted, as OpenTelemetry has it. */
export function oneOf<Value>(values: Readonly<Record<string, Value>>): VariableRule<Value> {
  return {
    accepted: Object.keys(values).join(' or '),
    read: (text) => (Object.hasOwn(values, text.toLowerCase()) ? values[text.toLowerCase()] : undefined),
  };
}

function decimal(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}
