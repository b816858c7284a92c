import { isIPv6 } from 'node:net';
import { TRAIT } from '../text-scan.js';
import { matchesOf, type PersonalDataDetector, type TextMatch } from './detector.js';

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const V4 = new RegExp(String.raw`(?<![\w.])(?<![A-Za-z]/|\d-)${OCTET}(?:\.${OCTET}){3}(?!\w|\.\w|-\d)`, 'g');
/** Addresses that identify no one: this host, any host, network masks. */
const IMPERSONAL_V4 = /^(?:127|0|255)\./;
/** Words before four numbers with dots that are a version or a chapter, with up to two words between. */
const NO_ADDRESS_BEHIND =
  /(?:\bv|version|\bver\.?|releases?d?|chapter|section|clause|article|kapitel|abschnitt|§|build|firmware|driver|patch|package|upgrad(?:e|ed|ing)|updat(?:e|ed|ing)|downgrad(?:e|ed|ing)|install(?:ed|ing)?|changelog|requires?|[=~^<>]=?)(?:[\s:="'v(]{1,3}[A-Za-z@][\w@/.-]{0,30}){0,2}[\s:="'v(]{0,3}$/i;
/** The same behind a version: `1.2.3.4 to 1.2.4.0`. */
const BEHIND_VERSION = /(?:\d\.){3}\d{1,3}\s?(?:to|->|→|-|and|or|,)\s?v?$/;
const LONGEST_WORD_BEFORE = 80;
/** Words that make four numbers an address whatever else stands there. */
const ADDRESS_BEFORE =
  /(?:\bip|addr(?:ess)?|host|server|client|peer|gateway|ping|ssh|@|\/\/)[\s:="'\w]{0,3}$/i;

/** A single character class, so that each run is read once. */
const HEX_AND_COLONS = /[0-9A-Fa-f:.]{3,}/g;
const SHORTEST_V6 = 6;
const LONGEST_V6 = 45;
/**
 * Global, site-local and link-local addresses, and those that hold an IPv4 address. `dead::beef` and `[1::2]` are code.
 */
const USED_V6 =
  /^(?:[23][0-9a-f]{3}:|f[cd][0-9a-f]{2}:|fe[89abc-f][0-9a-f]:|(?:0{0,4}:){2,6}(?:ffff:)?(?:0:)?\d{1,3}\.|::ffff:|(?:0{1,4}:){5}ffff:|64:ff9b:|100::)/i;

export const ipAddress: PersonalDataDetector = {
  traits: TRAIT.dottedNumber | TRAIT.colons,
  find(text) {
    const v6 = text.includes(':') ? v6Addresses(text) : [];
    const v4 = matchesOf(V4, text, (found, start) => isAddress(found, text, start)).filter(
      (match) => !v6.some((other) => match.start >= other.start && match.end <= other.end),
    );
    return [...v6, ...v4];
  },
  normalize: (found) => found.toLowerCase(),
};

function isAddress(found: string, text: string, start: number): boolean {
  return (
    !IMPERSONAL_V4.test(found) && !isVersion(text.slice(Math.max(0, start - LONGEST_WORD_BEFORE), start))
  );
}

function isVersion(before: string): boolean {
  if (NO_ADDRESS_BEHIND.test(before)) return !ADDRESS_BEFORE.test(before);
  return BEHIND_VERSION.test(before) && NO_ADDRESS_BEHIND.test(before.replace(BEHIND_VERSION, ''));
}

function v6Addresses(text: string): TextMatch[] {
  const matches: TextMatch[] = [];
  for (const { 0: run, index } of text.matchAll(HEX_AND_COLONS)) {
    if (run.length < SHORTEST_V6 || run.length > LONGEST_V6 + 2) continue;
    // `address: fe80::1.` has a dot after the address, `IP:fe80::1` a colon before it.
    const leading = /^[.:]?(?!:)|^/.exec(run)?.[0].length ?? 0;
    const address = run.slice(leading).replace(/(?:\.|(?<!:):)$/, '');
    const start = index + leading;
    const end = start + address.length;
    if (leading === 0 && isWordCharacter(text, index - 1)) continue;
    if (isWordCharacter(text, end)) continue;
    if (USED_V6.test(address) && isIPv6(address)) matches.push({ start, end });
  }
  return matches;
}

function isWordCharacter(text: string, at: number): boolean {
  return /\w/.test(text[at] ?? '');
}
