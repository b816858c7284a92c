import { createHash } from 'node:crypto';

/**
 * A text of at most `most` characters, the mark on what is missing among them. The hash is of the whole text as it is
 * given, which is after redaction: that of the original could be tried with names and numbers until it fits.
 *
 * @param originalLength - characters before redaction.
 */
export function limitLength(text: string, most: number, originalLength: number): string {
  if (text.length <= most) return text;
  const hash = createHash('sha256').update(text).digest('hex');
  const mark = `…[truncated: ${originalLength} characters, sha256 ${hash}]`;
  const end = most - mark.length;
  return text.slice(0, isWithinPair(text, end) ? end - 1 : end) + mark;
}

function isWithinPair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const behind = text.charCodeAt(at);
  return before >= 0xd800 && before <= 0xdbff && behind >= 0xdc00 && behind <= 0xdfff;
}
