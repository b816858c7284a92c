/** The errors of `@platformatic/kafka`, as outcomes of a delivery. Pure. */
import { asArray, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { DeliveryError, type DeliveryOutcome } from '../delivery-error.js';

const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** Errors about a record. Every other one is about the brokers, the topic or the rights, which can be put in order. */
const ABOUT_RECORDS = new Set(['INVALID_RECORD', 'INVALID_TIMESTAMP', 'UNSUPPORTED_FOR_MESSAGE_FORMAT']);

/** Errors of an idempotent producer that goes on with the same numbers as before. A new one has an id of its own. */
const PRODUCER_LOST = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
  'PRODUCER_FENCED',
]);

/** @param divisible - whether the batch can be split. */
export function kafkaError(error: unknown, divisible: boolean): DeliveryError {
  const { ids, codes } = namesIn(error);
  // The message of an error may quote options, and with them a password.
  const reason =
    ids.size > 0
      ? `the broker answered ${[...ids].join(', ')}`
      : `the brokers cannot be reached (${[...codes].join(', ') || 'unknown error'})`;
  return new DeliveryError(reason, { outcome: outcomeOf(ids, divisible) });
}

function outcomeOf(ids: ReadonlySet<string>, divisible: boolean): DeliveryOutcome {
  if (hasAny(ids, TOO_LARGE)) return 'too-large';
  // The answer is about the whole batch. Halves show which record it means.
  if (hasAny(ids, ABOUT_RECORDS)) return divisible ? 'too-large' : 'refused';
  return 'retry';
}

/** Whether the producer must be replaced, because it would fail again. */
export function invalidatesProducer(error: unknown): boolean {
  return hasAny(namesIn(error).ids, PRODUCER_LOST);
}

function hasAny(names: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  return [...names].some((name) => wanted.has(name));
}

interface ErrorNames {
  /** Names of the protocol's errors. */
  readonly ids: Set<string>;
  /** Codes of the client's and of the system's. */
  readonly codes: Set<string>;
}

const MAX_ERRORS = 100;

const MISSING_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION';

/** The client (1.35) says it in its own words. */
function isMissingTopic({ code, message }: UnknownRecord): boolean {
  return code === 'PLT_KFK_USER' && typeof message === 'string' && message.startsWith('Unknown topic');
}

/** An error of the client has the errors of all attempts and of all brokers in it. */
function namesIn(error: unknown): ErrorNames {
  const names: ErrorNames = { ids: new Set(), codes: new Set() };
  const open: unknown[] = [error];
  for (let n = 0; n < open.length && n < MAX_ERRORS; n += 1) {
    const members = asRecord(open[n]);
    if (members === undefined) continue;
    const inner = [...asArray(members.errors), members.cause].filter((each) => each !== undefined);
    const id = asNonEmptyString(members.apiId) ?? (isMissingTopic(members) ? MISSING_TOPIC : undefined);
    const code = asNonEmptyString(members.code);
    if (id !== undefined) names.ids.add(id);
    else if (code !== undefined && inner.length === 0) names.codes.add(code);
    open.push(...inner);
  }
  return names;
}
