import type { ChaukasEvent } from '../chaukas/event.js';
import type { JsonValue } from '../json/json.js';
import type { WorkSteps } from '../steps.js';
import { wellFormed, withWellFormedMembers } from '../text/well-formed.js';
import { PACKAGE_NAME } from '../version.js';
import { EventRedaction, type RedactionRules } from './event-redaction.js';
import { fieldPaths } from './field-paths.js';
import { APPLICATION_NAMES } from './redactable-fields.js';
import { DEFAULT_MAX_FIELD_LENGTH, type RedactionField, type RedactionOptions } from './redaction-options.js';
import { redactionProblems } from './redaction-problems.js';
import { type FieldRule, TextRedaction } from './text-redaction.js';

/**
 * Returns the event itself if there is nothing to redact, else a changed copy. Paths of fields count messages as they
 * were sent, also if `firstMessage` of them come before those in the event.
 */
interface Redactor {
  (event: ChaukasEvent, firstMessage?: number): ChaukasEvent;
  /** Does the same to a large event in steps. */
  readonly inSteps: (event: ChaukasEvent, firstMessage?: number) => WorkSteps<ChaukasEvent>;
}

/**
 * Creates a function that redacts credentials and personal data in events, and cuts texts that are too long.
 *
 * A changed event has `redaction` with the paths of its changed fields, the method and the name of the salt, and
 * `pii_categories` with the kinds of data found. `redaction.method` is `hash` if at least one value was hashed, else
 * `mask` if at least one was masked, else `drop`. A text that was only cut has a mark in the text and nothing else.
 *
 * @param options - `false` leaves personal data unchanged, like `{ detectors: [] }`. Credentials are masked in any case.
 * @param onError - called once for each kind of field that could not be read, and if the callback fails. The field is
 *   masked or left out then. The redactor itself never throws.
 * @throws TypeError - naming every option that is unknown or not accepted, with its value.
 */
export function createRedactor(
  options: RedactionOptions | false = {},
  onError: (message: string, error: unknown) => void = () => {},
): Redactor {
  const problems = redactionProblems('redaction', options);
  if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: ${problems.join('; ')}`);
  const rules = redactionRules(options, onError);
  const saltId = options === false ? undefined : options.saltId;
  const redact = (event: ChaukasEvent, firstMessage?: number) =>
    redactedEvent(event, new EventRedaction(event, rules, firstMessage), saltId);
  return Object.assign(redact, {
    *inSteps(event: ChaukasEvent, firstMessage?: number): WorkSteps<ChaukasEvent> {
      try {
        const walk = new EventRedaction(event, rules, firstMessage);
        yield* walk.ahead();
        return redactedEvent(event, walk, saltId);
      } finally {
        rules.texts.forgetAhead();
      }
    },
  });
}

/**
 * Redacts one attribute of a span or a log record.
 *
 * @returns the value to record; `undefined` if it is dropped.
 */
export type AttributeRedactor = (name: string, value: JsonValue) => JsonValue | undefined;

/**
 * Creates a function that redacts the content of spans and log records as {@link createRedactor} does that of events.
 * The same data gets the same mask or hash in both.
 *
 * @param options - after validation.
 */
export function createAttributeRedactor(
  options: RedactionOptions | false,
  onError: (message: string, error: unknown) => void,
): AttributeRedactor {
  const rules = redactionRules(options, onError);
  return (name, value) => new EventRedaction(undefined, rules).attribute(name, value);
}

function redactionRules(
  options: RedactionOptions | false,
  onError: (message: string, error: unknown) => void,
): RedactionRules {
  const chosen = options === false ? { detectors: [] } : options;
  const reported = new Set<string>();
  return {
    texts: new TextRedaction(chosen),
    fields: fieldPaths((chosen.fields ?? []).map((field) => fieldRule(field, chosen))),
    callback: chosen.callback,
    maxFieldLength: chosen.maxFieldLength ?? DEFAULT_MAX_FIELD_LENGTH,
    onError: (message, error) => {
      if (reported.has(message)) return;
      reported.add(message);
      onError(message, error);
    },
  };
}

function redactedEvent(event: ChaukasEvent, walk: EventRedaction, saltId: string | undefined): ChaukasEvent {
  const changes = walk.changes();
  const named = withWellFormedNames(event);
  if (changes === undefined) return named;
  const copy: Record<string, unknown> = { ...named };
  for (const [name, value] of changes) {
    if (value === undefined) delete copy[name];
    else copy[name] = value;
  }
  if (walk.findings !== undefined && walk.findings.count > 0) {
    copy.redaction = walk.findings.info(event.redaction, saltId);
    const categories = walk.findings.categories(event.pii_categories);
    if (categories.length > 0) copy.pii_categories = categories;
  }
  return copy as unknown as ChaukasEvent;
}

function withWellFormedNames(event: ChaukasEvent): ChaukasEvent {
  let copy: ChaukasEvent | undefined;
  for (const name of ['cost', 'retry'] as const) {
    const message = event[name] as Readonly<Record<string, unknown>> | undefined;
    if (message === undefined) continue;
    const whole = withWellFormedMembers(message);
    if (whole !== message) copy = { ...(copy ?? event), [name]: whole };
  }
  for (const name of APPLICATION_NAMES) {
    const value = event[name];
    if (value === undefined) continue;
    const whole = wellFormed(value);
    if (whole !== value) copy = { ...(copy ?? event), [name]: whole };
  }
  return copy ?? event;
}

function fieldRule(
  field: string | RedactionField,
  { method = 'mask' }: RedactionOptions,
): [string, FieldRule] {
  const {
    path,
    category,
    method: own,
  } = typeof field === 'string' ? ({ path: field } as RedactionField) : field;
  return [path, { category, method: own ?? method }];
}
