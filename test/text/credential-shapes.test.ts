import { describe, expect, it } from 'vitest';
import { withoutApiKeys } from '../../src/redaction/detectors/credentials.js';
import { memberNames } from '../../src/redaction/member-names.js';
import { TRAIT, textTraits } from '../../src/redaction/text-scan.js';
import {
  AUTH_SCHEMES,
  AUTHORIZATION,
  COOKIE,
  type KeyShape,
  MODEL_PROVIDER_KEYS,
  PARAMETER_LABELS,
  SECRET_LABELS,
  SECRET_MEMBERS,
  TOOL_SERVICE_KEYS,
} from '../../src/text/credential-shapes.js';
import { maskSecrets } from '../../src/text/mask-secrets.js';

const KEYS = [...MODEL_PROVIDER_KEYS, ...TOOL_SERVICE_KEYS];
const VALUE = 'Abc123def456';

/** The shortest key of a shape, which has a digit. */
function shortestKey(prefix: string, { least }: KeyShape): string {
  return prefix + 'a1B2'.repeat(16).slice(0, least);
}

/** One text for every spelling that a label's pattern accepts. */
function spellings(pattern: string): string[] {
  const group = /\(\?:([^()]*)\)|\[([^\]]*)\](\??)/.exec(pattern);
  if (group === null) return [pattern];
  const [found, words, characters = '', isOptional] = group;
  const choices = words?.split('|') ?? [...characters, ...(isOptional === '?' ? [''] : [])];
  return choices.flatMap((choice) => spellings(pattern.replace(found, () => choice)));
}

const labels = [...SECRET_LABELS, AUTHORIZATION, COOKIE].flatMap(spellings);

const base64 = (text: string) => Buffer.from(text).toString('base64');
const percentEncoded = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** The places in which a credential is found. */
const PLACES: ReadonlyArray<readonly [place: string, text: (credential: string) => string]> = [
  ['alone', (credential) => credential],
  ['in a sentence', (credential) => `it is ${credential}, she said`],
  ['behind an underscore', (credential) => `my_${credential}`],
  ['in quotes', (credential) => `'${credential}'`],
  ['in JSON', (credential) => JSON.stringify({ message: credential })],
  ['behind an escaped line break', (credential) => String.raw`a\n${credential}`],
  ['behind an escaped character', (credential) => String.raw`\u0022${credential}`],
  ['behind a letter that is not in ASCII', (credential) => `é${credential}`],
  ['percent-encoded', percentEncoded],
  ['in base64', (credential) => base64(`the key is ${credential} today`)],
];

/** The scan must see what the mask changes; a text that the mask leaves alone proves nothing. */
function expectFound(text: string): void {
  expect(withoutApiKeys(text), text).not.toBe(text);
  expect(textTraits(text) & TRAIT.credential, text).toBe(TRAIT.credential);
}

describe('A key', () => {
  const shortest = KEYS.flatMap((shape) =>
    shape.prefixes.map((prefix) => [prefix, shortestKey(prefix, shape)] as const),
  );

  describe.each(PLACES)('%s', (_place, text) => {
    it.each(shortest)('with the prefix %s is masked and seen by the scan', (_prefix, key) => {
      expectFound(text(key));
    });
  });

  it.each(shortest)('with the prefix %s is neither if it is one character shorter', (prefix, key) => {
    const tooShort = key.slice(0, -1);
    expect(withoutApiKeys(tooShort)).toBe(tooShort);
    expect(textTraits(tooShort) & TRAIT.credential, prefix).toBe(0);
  });

  it.each(shortest)('with the prefix %s is neither within a word', (_prefix, key) => {
    expect(withoutApiKeys(`x${key}`)).toBe(`x${key}`);
    expect(textTraits(`x${key}`) & TRAIT.credential).toBe(0);
  });

  it('of a service that tools call is masked in events only', () => {
    for (const shape of TOOL_SERVICE_KEYS) {
      for (const prefix of shape.prefixes) {
        const key = shortestKey(prefix, shape);
        expect(maskSecrets(key)).toBe(key);
      }
    }
  });
});

describe('The credential of the scheme', () => {
  const schemes = AUTH_SCHEMES.flatMap(({ name, ignoresCase }) =>
    ignoresCase ? [name, name.toLowerCase(), name.toUpperCase()] : [name],
  );

  it.each(schemes)('%s is masked and seen by the scan', (name) => {
    for (const [, text] of PLACES) {
      for (const separator of [' ', '  ', '+', ': ', '=']) {
        expectFound(text(`${name}${separator}${VALUE}`));
      }
    }
  });

  it.each(schemes)('%s is neither if it is a word of a sentence', (name) => {
    const sentence = `${name} authentication`;
    expect(withoutApiKeys(sentence)).toBe(sentence);
    expect(textTraits(sentence) & TRAIT.credential).toBe(0);
  });
});

describe('The value behind the label', () => {
  it.each([...SECRET_LABELS, AUTHORIZATION, COOKIE, ...PARAMETER_LABELS, ...SECRET_MEMBERS])(
    '%s ends with two letters, which the scan looks at',
    (label) => {
      expect(label).toMatch(/[a-z]{2}$/);
    },
  );

  const separators: ReadonlyArray<(label: string) => string> = [
    (label) => `${label}=${VALUE}`,
    (label) => `${label.toUpperCase()}: ${VALUE}`,
    (label) => `x-${label}  =>  ${VALUE}`,
    (label) => `"${label}":"${VALUE}"`,
    (label) => `"{\\"${label}\\":\\"${VALUE}\\"}"`,
    (label) => `["${label}","${VALUE}"]`,
    (label) => `${label}&quot;:&quot;${VALUE}&quot;`,
    (label) => `the ${label} '${VALUE}' is wrong`,
  ];

  it.each(labels)('%s is masked and seen by the scan', (label) => {
    for (const text of separators) {
      expectFound(text(label));
      expectFound(base64(text(label)));
    }
  });

  it.each(PARAMETER_LABELS)('%s is masked and seen by the scan in an address', (label) => {
    expectFound(`https://host/?${label}=${VALUE}&n=1`);
    expectFound(`${label.toUpperCase()}="${VALUE}"`);
  });
});

describe('A secret member', () => {
  const { nameOf } = { nameOf: memberNames((name) => name) };

  it.each(SECRET_MEMBERS.flatMap(spellings))(
    '%s is known by its name, and seen by the scan in JSON',
    (name) => {
      expect(nameOf(name).mayBeCredential).toBe(true);
      const text = JSON.stringify({ [name]: VALUE });
      expect(textTraits(text) & (TRAIT.secretName | TRAIT.credential)).not.toBe(0);
    },
  );
});

describe('Further credentials', () => {
  it.each([
    `https://user:${VALUE}@host/v1`,
    String.raw`http:\/\/user:${VALUE}@host\/v1`,
    `Headers.append: "${VALUE}\n" is an invalid header value.`,
  ])('%s are masked and seen by the scan', expectFound);
});
