import { CREDENTIAL_DETECTORS } from './credentials.js';
import { creditCard } from './credit-card.js';
import type { PersonalDataDetector } from './detector.js';
import { email } from './email.js';
import { iban } from './iban.js';
import { ipAddress } from './ip-address.js';
import { phone } from './phone.js';
import { usSsn } from './us-ssn.js';

/** If two detectors find the same text, the first one wins: a card number may look like a phone number. */
export const PERSONAL_DATA_DETECTORS = {
  email,
  iban,
  credit_card: creditCard,
  us_ssn: usSsn,
  ip_address: ipAddress,
  phone,
} as const satisfies Readonly<Record<string, PersonalDataDetector>>;

export type PersonalDataDetectorName = keyof typeof PERSONAL_DATA_DETECTORS;

/** Name of a built-in detector, which is also the category of its findings. */
export type RedactionDetector = PersonalDataDetectorName | (typeof CREDENTIAL_DETECTORS)[number];

export const PERSONAL_DATA_DETECTOR_NAMES = Object.keys(
  PERSONAL_DATA_DETECTORS,
) as readonly PersonalDataDetectorName[];

export const DETECTOR_NAMES: readonly RedactionDetector[] = [
  ...PERSONAL_DATA_DETECTOR_NAMES,
  ...CREDENTIAL_DETECTORS,
];
