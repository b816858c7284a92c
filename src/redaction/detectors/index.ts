import { creditCard } from './credit-card.js';
import type { PersonalDataDetector } from './detector.js';
import { email } from './email.js';
import { iban } from './iban.js';
import { ipAddress } from './ip-address.js';
import { phone } from './phone.js';
import { usSsn } from './us-ssn.js';

/** Of two that find the same text the first is right: a card's number may look like that of a phone. */
export const PERSONAL_DATA_DETECTORS = {
  email,
  iban,
  credit_card: creditCard,
  us_ssn: usSsn,
  ip_address: ipAddress,
  phone,
} as const satisfies Readonly<Record<string, PersonalDataDetector>>;

export type PersonalDataDetectorName = keyof typeof PERSONAL_DATA_DETECTORS;

/** Never switched off: no credential is ever recorded. */
export const CREDENTIAL_DETECTORS = ['api_key', 'private_key'] as const;

/** A built-in detector, and the category of what it finds. */
export type RedactionDetector = PersonalDataDetectorName | (typeof CREDENTIAL_DETECTORS)[number];

export const PERSONAL_DATA_DETECTOR_NAMES = Object.keys(
  PERSONAL_DATA_DETECTORS,
) as readonly PersonalDataDetectorName[];

export const DETECTOR_NAMES: readonly RedactionDetector[] = [
  ...PERSONAL_DATA_DETECTOR_NAMES,
  ...CREDENTIAL_DETECTORS,
];
