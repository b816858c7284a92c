import { describe, expect, it } from 'vitest';
import { TRAIT, textTraits } from '../../src/redaction/text-scan.js';
import {
  AUTH_SCHEMES,
  AUTHORIZATION,
  COOKIE,
  KEYS_WITHOUT_PREFIX,
  type KeyShape,
  MODEL_PROVIDER_KEYS,
  PARAMETER_LABELS,
  SECRET_LABELS,
  TOOL_SERVICE_KEYS,
} from '../../src/text/credential-shapes.js';
import { maskSecrets } from '../../src/text/mask-secrets.js';

const KEYS = [...MODEL_PROVIDER_KEYS, ...TOOL_SERVICE_KEYS];
const VALUE = 'Abc123def456';

/** The shortest key of a shape, which has a digit if the shape allows one. */
function shortestKey(prefix: string, { characters, least, ahead }: KeyShape): string {
  const allowed = [...'a1B2'].filter((character) => new RegExp(characters).test(character)).join('');
  const address = ahead?.includes('services') ? 'com/services/' : '';
  return prefix + (address + allowed.repeat(64)).slice(0, least);
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
  expect(maskSecrets(text), text).not.toBe(text);
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
    expect(maskSecrets(tooShort)).toBe(tooShort);
    expect(textTraits(tooShort) & TRAIT.credential, prefix).toBe(0);
  });

  it.each(shortest)('with the prefix %s is neither within a word', (_prefix, key) => {
    expect(maskSecrets(`x${key}`)).toBe(`x${key}`);
    expect(textTraits(`x${key}`) & TRAIT.credential).toBe(0);
  });
});

describe('A key without a prefix', () => {
  const KEYS_OF = {
    Telegram: `123456789:AA${'a1B2'.repeat(8)}x`,
    Discord: `M${'a1B2'.repeat(6)}.a1B2c3.${'a1B2'.repeat(7)}`,
    Airtable: `pat${'a1B2'.repeat(3)}a1.${'a1b2'.repeat(16)}`,
    Mailchimp: `${'a1b2'.repeat(8)}-us12`,
    'Microsoft Entra': `a1B8Q~${'a1B2'.repeat(8)}`,
    Google: `1//0${'a1B2'.repeat(10)}`,
  };

  it.each(Object.entries(KEYS_OF))('of %s is masked and seen by the scan', (_service, key) => {
    for (const [, text] of PLACES) expectFound(text(key));
  });

  it('is one of those in this test', () => {
    expect(KEYS_WITHOUT_PREFIX).toHaveLength(Object.keys(KEYS_OF).length);
  });
});

describe('A password', () => {
  it.each([
    'jdbc:oracle:thin:scott/tiger1@//db:1521/x',
    'sqlplus scott/tiger1@db',
    'sqlplus -s scott/tiger1@db',
    'curl -u admin:tiger1 https://x.test',
    'curl --user "admin:tiger1" https://x.test',
    'curl --proxy-user admin:tiger1 -x p',
    '<password>tiger1</password>',
    '<db:clientSecret> tiger1 </db:clientSecret>',
    'token := "tiger1tiger1"',
    'secret: tiger1tiger1',
    'Server=x;AccountKey=tiger1/==;',
  ])('is masked and seen by the scan in %s', (text) => {
    expectFound(text);
    expect(maskSecrets(text)).not.toContain('tiger1');
    expect(maskSecrets(maskSecrets(text))).toBe(maskSecrets(text));
  });

  it.each([
    'secret: never give up',
    'The token: a word of a model',
    'curl -u https://x.test',
    'see user/name@example',
  ])('is not seen in %s', (text) => {
    expect(maskSecrets(text)).toBe(text);
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
    expect(maskSecrets(sentence)).toBe(sentence);
    expect(textTraits(sentence) & TRAIT.credential).toBe(0);
  });
});

describe('The value behind the label', () => {
  it.each([...SECRET_LABELS, AUTHORIZATION, COOKIE, ...PARAMETER_LABELS])(
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

describe('Further credentials', () => {
  it.each([
    `https://user:${VALUE}@host/v1`,
    String.raw`http:\/\/user:${VALUE}@host\/v1`,
    `Headers.append: "${VALUE}\n" is an invalid header value.`,
  ])('%s are masked and seen by the scan', expectFound);
});
