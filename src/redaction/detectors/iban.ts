import { TRAIT } from '../text-scan.js';
import type { PersonalDataDetector, TextMatch } from './detector.js';

/** Length of an IBAN by country, from the SWIFT registry. */
const LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 ' +
    'EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 ' +
    'KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 ' +
    'PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 ' +
    'UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** The beginning of an IBAN: the country and two check digits, not within a word. */
const BEGINNING = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/g;

/** Finds IBANs in one piece or in groups, with a valid checksum (ISO 7064, mod 97). */
export const iban: PersonalDataDetector = {
  traits: TRAIT.iban,
  find(text) {
    const matches: TextMatch[] = [];
    let from = 0;
    for (const { index } of text.matchAll(BEGINNING)) {
      if (index < from) continue;
      const end = endOfIban(text, index);
      if (end === undefined) continue;
      matches.push({ start: index, end });
      from = end;
    }
    return matches;
  },
  normalize: (found) => found.replace(/[ -]/g, '').toUpperCase(),
};

function endOfIban(text: string, start: number): number | undefined {
  const length = LENGTHS[text.slice(start, start + 2).toUpperCase()];
  if (length === undefined) return undefined;
  let remainder = '';
  let head = '';
  let count = 0;
  let at = start;
  for (; count < length; at += 1) {
    const code = text.charCodeAt(at);
    if (isAlphanumeric(code)) {
      const digits = code <= 0x39 ? String(code - 0x30) : String((code | 0x20) - 0x61 + 10);
      if (count < 4) head += digits;
      else remainder = mod97(remainder + digits);
      count += 1;
    } else if ((code !== 0x20 && code !== 0x2d) || !isAlphanumeric(text.charCodeAt(at - 1))) {
      return undefined;
    }
  }
  // The checksum is computed with the country and the check digits at the end.
  return !isAlphanumeric(text.charCodeAt(at)) && mod97(remainder + head) === '1' ? at : undefined;
}

function mod97(digits: string): string {
  let value = 0;
  for (let at = 0; at < digits.length; at += 1) value = (value * 10 + digits.charCodeAt(at) - 0x30) % 97;
  return String(value);
}

function isAlphanumeric(code: number): boolean {
  const small = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (small >= 0x61 && small <= 0x7a && code >= 0x41);
}
