import { TRAIT } from '../text-scan.js';
import type { PersonalDataDetector, TextMatch } from './detector.js';

const AT = /@|%40/g;
const LONGEST_LOCAL_PART = 64;
const LONGEST_DOMAIN = 253;

const LOCAL = asciiCodes(".!#$&'*+/=?^_`{|}~-");
const DOMAIN = asciiCodes('.-');
/** Characters that a local part may contain. At its beginning they belong to the text before it: a quote, a bracket. */
const NO_BEGINNING = /^[.!#$&'*/=?^`{|}~-]+/;
/** Text before the address in `to=a@b.c`, `/a@b.c`, `'a@b.c` and the like. */
const DELIMITER = /.*(?:[/=`{|}&?#]|(?<![A-Za-z0-9])')/s;
/** Letters of escapes: the n of `\\njane@example.com` in a piece of JSON is not part of the address. */
const ESCAPE_LETTER = /[bfnrt]/;
const TOP_LEVEL = /^(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,59}|[\p{L}\p{M}]{2,24})$/u;
/** A top-level domain of ASCII letters with text of a script without blanks behind it: `com谢谢`. */
const ASCII_BEFORE_TEXT = /^[A-Za-z]{2,24}(?=[^A-Za-z0-9\u00C0-\u024F\u0370-\u052F-])/;
/** File types, which are not top-level domains: `logo@2x.png`. */
const FILE_TYPE =
  /^(?:avif|bmp|cjs|css|gif|html?|ico|jpe?g|js|json|jsx|mjs|pdf|png|svg|tgz|tiff?|tsx|webp)$/i;
const LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;
const LETTER = /[\p{L}\p{M}\p{N}]/u;

/** Finds e-mail addresses with a domain of at least two labels, also with an escaped @ in a URL: `jane%40example.com`. */
export const email: PersonalDataDetector = {
  traits: TRAIT.at | TRAIT.percent,
  find(text) {
    const matches: TextMatch[] = [];
    let from = 0;
    for (const { index } of text.matchAll(AT)) {
      const match = addressAround(text, index, from);
      if (match === undefined) continue;
      matches.push(match);
      from = match.end;
    }
    return matches;
  },
  normalize: (found) => found.replace('%40', '@').toLowerCase(),
};

function addressAround(text: string, at: number, least: number): TextMatch | undefined {
  const domainStart = at + (text[at] === '@' ? 1 : '%40'.length);
  let start = at;
  const first = Math.max(least, at - LONGEST_LOCAL_PART);
  // Before a domain of another script the local part may be of that script, too.
  const isForeign = text.charCodeAt(domainStart) > LAST_LATIN && LETTER.test(text[domainStart] ?? '');
  const isLocal = isForeign ? isInForeign : isIn;
  while (start > first && isLocal(LOCAL, text.charCodeAt(start - 1))) start -= 1;
  if (start === at) return undefined;
  const local = text.slice(start, at);
  const kept = local.replace(DELIMITER, '').replace(NO_BEGINNING, '');
  if (kept === '' || kept.endsWith('.')) return undefined;
  start = at - kept.length;
  if (text[start - 1] === '\\' && kept.length > 1 && ESCAPE_LETTER.test(kept[0] ?? '')) start += 1;

  let end = domainStart;
  const last = Math.min(text.length, domainStart + LONGEST_DOMAIN);
  while (end < last && isInForeign(DOMAIN, text.charCodeAt(end))) end += 1;
  const domain = trimmedDomain(text.slice(domainStart, end));
  // `a@b.transpose()` is a function call.
  if (domain === undefined || text[domainStart + domain.length] === '(') return undefined;
  return { start, end: domainStart + domain.length };
}

/** Removes text of a sentence after the address: the dot at its end, or `.Next` if a blank is missing. */
function trimmedDomain(text: string): string | undefined {
  const labels = text.replace(/[.-]+$/, '').split('.');
  const cut = labels.findIndex((label, index) => index > 0 && ASCII_BEFORE_TEXT.test(label));
  if (cut > 0) labels.splice(cut, labels.length, ASCII_BEFORE_TEXT.exec(labels[cut] ?? '')?.[0] ?? '');
  const valid = labels.findIndex((label) => !LABEL.test(label));
  const kept = valid < 0 ? labels : labels.slice(0, valid);
  const top = kept.at(-1);
  if (kept.length < 2 || top === undefined || !TOP_LEVEL.test(top) || FILE_TYPE.test(top)) return undefined;
  return kept.join('.');
}

/** Returns a table of the letters and digits of ASCII, and other characters. It replaces a regular expression per character. */
function asciiCodes(others: string): Uint8Array {
  const codes = new Uint8Array(128);
  for (let code = 0; code < codes.length; code += 1) {
    const character = String.fromCharCode(code);
    if (/[A-Za-z0-9]/.test(character) || others.includes(character)) codes[code] = 1;
  }
  return codes;
}

/**
 * The ranges beyond ASCII are those of scripts with blanks between words. Letters of other scripts next to an address do
 * not belong to it.
 */
function isIn(codes: Uint8Array, code: number): boolean {
  if (code < 128) return codes[code] === 1;
  return (code >= 0xc0 && code <= 0x24f) || (code >= 0x370 && code <= 0x52f);
}

/** The end of Latin, Greek and Cyrillic. */
const LAST_LATIN = 0x52f;

/** The letters and digits of all scripts. */
function isInForeign(codes: Uint8Array, code: number): boolean {
  return isIn(codes, code) || (code > LAST_LATIN && LETTER.test(String.fromCharCode(code)));
}
