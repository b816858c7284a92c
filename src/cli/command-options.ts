/** Options that several commands share, and the parsers of their values. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type NamePattern, namePattern } from '../text/name-pattern.js';
import { type EventFilter, EventSelection, timeNamed, typesNamed } from './events/event-filter.js';
import { KNOWN_TYPES, SEVERITIES } from './events/event-type.js';

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

export function portNumber(value: string): number {
  const port = wholeNumber(value);
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('It must be a port: 1 to 65535.');
  return port;
}

/** A URL in which a trace id is put, and perhaps a span id. */
export function traceLink(value: string): string {
  if (/^https?:\/\/[^\s/]/i.test(value) && value.includes('{trace_id}')) return value;
  throw new InvalidArgumentError(
    'It must be a URL with {trace_id} in it, such as http://localhost:16686/trace/{trace_id}.',
  );
}

/** More threads than any machine has cores are a mistake, and each takes memory. */
const MAX_JOBS = 256;

export function jobs(): Option {
  return new Option('--jobs <n>', 'threads that work, the main one included').argParser((value) => {
    const count = wholeNumber(value);
    if (count < 1 || count > MAX_JOBS) {
      throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_JOBS}.`);
    }
    return count;
  });
}

/** The flags of {@link withSelection}. */
export interface SelectionFlags {
  readonly since?: number;
  readonly until?: number;
  readonly trace: NamePattern[];
  readonly tool: NamePattern[];
}

/** Adds the filters that all commands share which show events. */
export function withSelection(command: Command, shown: string): Command {
  const time = (flags: string, description: string) => new Option(flags, description).argParser(timeOption);
  return command
    .addOption(time('--since <time>', `${shown} from this time on: ISO 8601, or a duration before now (2h)`))
    .addOption(time('--until <time>', `${shown} before this time`))
    .addOption(names('--trace <id>', `${shown} of this trace; * matches anything; may be repeated`))
    .addOption(names('--tool <name>', `${shown} of calls of this tool; * matches anything; may be repeated`));
}

/** @param more - criteria that one command has alone. */
export function selectionOf(
  { since, until, trace, tool }: SelectionFlags,
  more: EventFilter = {},
): EventSelection {
  return new EventSelection({
    ...more,
    traces: trace,
    tools: tool,
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  });
}

function timeOption(value: string): number {
  try {
    return timeNamed(value, Date.now());
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** Words that options take beside their choices, for the completion of shells. */
export const KNOWN_VALUES: Readonly<Record<string, readonly string[]>> = {
  '--type': KNOWN_TYPES,
  '--severity': SEVERITIES.map((name) => name.toLowerCase()),
};
