const ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))/g;

const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * A text with its escapes of JSON read, for one that is a piece of JSON or has such pieces in it: `\u0040` hides an @,
 * and the n of `\n` makes what follows part of a word.
 */
export function unescaped(text: string): string {
  return text.replace(ESCAPE, (_escape, code: string | undefined, letter: string | undefined) =>
    code === undefined
      ? (LETTERS[letter ?? ''] ?? letter ?? '')
      : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
