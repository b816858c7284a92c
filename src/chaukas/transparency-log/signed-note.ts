/**
 * The form of a signed note, as https://c2sp.org/signed-note and Go's `golang.org/x/mod/sumdb/note` define it: a text, an
 * empty line, and a line for each signature. `verifier-key.ts` checks the signatures.
 */

export interface NoteSignature {
  /** Name of the key. */
  readonly name: string;
  /** The first 4 bytes of the hash of name, type and key, in hex. */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

export interface SignedNote {
  /** The signed text, with the end of its last line. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The largest note, in characters, and the largest number of signatures. Go's implementation has the same limits. */
const MAX_NOTE_LENGTH = 1_000_000;
const MAX_SIGNATURES = 100;

const KEY_ID_BYTES = 4;

const SIGNATURE_LINE = /^— ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/;

/** Control characters other than the end of a line, and halves of surrogate pairs, which UTF-8 cannot carry. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the specification excludes these.
const NOT_IN_A_NOTE = /[\u0000-\u0009\u000b-\u001f]|\p{Cs}/u;

const NOT_IN_A_KEY_NAME = /[\s\u0085+\p{Cc}\p{Cs}]/u;

/** Whether a key may have this name: not empty, and without spaces, plus and control characters. */
export function isKeyName(name: string): boolean {
  return name !== '' && !NOT_IN_A_KEY_NAME.test(name);
}

/** Reads a note; `undefined` if it is not one. The signatures are not checked. */
export function parseNote(note: string): SignedNote | undefined {
  if (note.length > MAX_NOTE_LENGTH || NOT_IN_A_NOTE.test(note)) return undefined;
  const end = note.lastIndexOf('\n\n');
  if (end === -1 || !note.endsWith('\n')) return undefined;
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignatureLine(line);
    if (signature === undefined) return undefined;
    signatures.push(signature);
  }
  return { text: note.slice(0, end + 1), signatures };
}

/** Returns a text with its signatures. */
export function formatNote(text: string, ...signatures: readonly NoteSignature[]): string {
  return `${text}\n${signatures.map((signature) => `— ${formatSignature(signature)}\n`).join('')}`;
}

/** Returns a signature as the text after the dash: the name of the key, and its id with the signature in base64. */
export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  return `${name} ${Buffer.concat([Buffer.from(keyId, 'hex'), signature]).toString('base64')}`;
}

function parseSignatureLine(line: string): NoteSignature | undefined {
  const [, name = '', base64 = ''] = SIGNATURE_LINE.exec(line) ?? [];
  if (!isKeyName(name)) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length <= KEY_ID_BYTES || bytes.toString('base64') !== base64) return undefined;
  return {
    name,
    keyId: bytes.subarray(0, KEY_ID_BYTES).toString('hex'),
    signature: bytes.subarray(KEY_ID_BYTES),
  };
}
