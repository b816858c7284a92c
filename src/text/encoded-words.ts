/** Words in which characters are percent-encoded, as in an address, or written as entities of HTML. */

const WORD = /[^\s"'<>]+/g;

const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z]{2,8}));/g;

/** The entities of ASCII characters that stand in numbers, addresses and keys, and of the blank. */
const NAMED: Readonly<Record<string, string>> = {
  ...{
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    nbsp: ' ',
    commat: '@',
    period: '.',
    plus: '+',
  },
  ...{
    colon: ':',
    equals: '=',
    sol: '/',
    lowbar: '_',
    hyphen: '-',
    num: '#',
    percnt: '%',
    lpar: '(',
    rpar: ')',
  },
};

/**
 * Replaces the words that contain an encoded character.
 *
 * @param replace - gets the decoded word; `undefined` leaves the word as it is.
 */
export function replaceEncodedWords(text: string, replace: (plain: string) => string | undefined): string {
  return text.replace(WORD, (word) => {
    if (!word.includes('%') && !word.includes('&')) return word;
    const plain = decodedWord(word);
    return plain === word ? word : (replace(plain) ?? word);
  });
}

/** Decodes a word, or a text of several. */
export function decodedWord(word: string): string {
  const plain = word.includes('&') ? word.replace(ENTITY, characterOf) : word;
  return plain.includes('%') ? plain.replace(/(?:%[0-9A-Fa-f]{2})+/g, decodedEscapes) : plain;
}

function characterOf(
  entity: string,
  decimal: string | undefined,
  hexadecimal: string | undefined,
  name: string | undefined,
): string {
  if (name !== undefined) return NAMED[name] ?? entity;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
}

/** Bytes that are not UTF-8 are read as single characters. */
function decodedEscapes(escapes: string): string {
  try {
    return decodeURIComponent(escapes);
  } catch {
    return Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('latin1');
  }
}
