/** Options that several commands share, and the parsers of their values. */
import { InvalidArgumentError, Option } from 'commander';
import { type NamePattern, namePattern } from '../text/name-pattern.js';
import { SEVERITIES } from './events/event-type.js';
import { typesNamed } from './tail/event-filter.js';

export function publicKeys(): Option {
  return new Option(
    '--public-key <key>',
    'Ed25519 key that may sign checkpoints: a file (PEM or verifier key), or a verifier key; may be repeated',
  )
    .argParser(repeated)
    .default([], 'do not check signatures');
}

export function witnessKeys(): Option {
  return new Option('--witness-key <key>', 'key of a witness that may have cosigned; may be repeated')
    .argParser(repeated)
    .default([], 'ignore cosignatures');
}

export function anchors(): Option {
  return new Option('--anchor <file>', 'checkpoints that were kept elsewhere; may be repeated')
    .argParser(repeated)
    .default([], 'none');
}

export function names(flags: string, description: string): Option {
  const parse = (value: string, before: readonly NamePattern[]): NamePattern[] => [
    ...before,
    namePattern(value),
  ];
  return new Option(flags, description).argParser(parse).default([], 'all');
}

export function repeated(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

export function types(value: string, before: readonly string[]): string[] {
  try {
    return [...before, ...value.split(',').flatMap(typesNamed)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

export function severity(value: string): number {
  const upperCase = value.toUpperCase().replace(/^SEVERITY_/, '');
  // Other tools spell it this way.
  const name = upperCase === 'WARNING' ? 'WARN' : upperCase;
  const rank = (SEVERITIES as readonly string[]).indexOf(name);
  if (rank === -1) throw new InvalidArgumentError(`It must be one of ${SEVERITIES.join(', ')}.`);
  return rank;
}

export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  }
  return number;
}
