import {
  type Attributes,
  type AttributeValue,
  context,
  diag,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import * as clock from '../clock.js';
import { Guard } from '../diagnostics/guard.js';
import { type JsonObject, toJsonObject } from '../json/json.js';
import { isRecord } from '../json/readers.js';
import { type OptionRules, optionProblems, unknownOption, wrongOptions } from '../options/option-rules.js';
import { getApplicationContext } from '../signals/application-context.js';
import type { RecordedFact } from '../signals/signal.js';
import { publishSignal, signalsWanted } from '../signals/signal-channel.js';
import { getRunSettings } from '../spans/run-settings.js';
import { getSessionId } from '../spans/session-id.js';
import { maskSecrets } from '../text/mask-secrets.js';
import { PACKAGE_NAME } from '../version.js';

/** One kind of fact that applications record. */
export interface FactKind<Options> {
  /** Name of the public function, for messages. */
  readonly caller: string;
  readonly rules: OptionRules<Options>;
  readonly spanEventName: string;
  spanEventAttributes(options: ReadOptions<Options>): Attributes;
  fact(options: ReadOptions<Options>): RecordedFact;
}

/** Options after validation: with the types that the caller declares, and objects as JSON. */
type ReadOptions<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends readonly unknown[] | string | undefined
    ? Options[Name]
    : JsonObject | Extract<Options[Name], undefined>;
};

/** Maximum number of list entries on a span event. The audit event has all of them. */
const MAX_LISTED = 100;

const logger = diag.createComponentLogger({ namespace: PACKAGE_NAME });
const guard = new Guard(logger);

/**
 * Attaches a fact to the active span: as an event of that span, and as an audit event. Runs in the request path of the
 * application, so it never throws and does almost no work if neither a span nor a listener records it.
 */
export function recordFact<Options>(kind: FactKind<Options>, options: unknown): void {
  guard.run(`${kind.caller}()`, () => {
    const active = context.active();
    const span = trace.getSpan(active);
    const spanRecording = span?.isRecording() ?? false;
    const wanted = signalsWanted();
    if (!spanRecording && !wanted) return;

    const accepted = readOptions(kind, options);
    if (accepted === undefined) return;

    if (spanRecording) span?.addEvent(kind.spanEventName, spanAttributes(kind.spanEventAttributes(accepted)));
    if (!wanted) return;
    const spanContext = span?.spanContext();
    publishSignal({
      type: 'recorded',
      time: clock.now(),
      span: spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined,
      spanRecording,
      sessionId: getSessionId(active),
      application: getApplicationContext(active),
      fact: withContentIfAllowed(kind.fact(accepted), getRunSettings(active)?.contentAllowed !== false),
    });
  });
}

/**
 * Reads the options and warns of each problem. An option that is not accepted is left out, so that the rest of the
 * fact is still recorded.
 *
 * @returns `undefined` if a required option is missing or not accepted.
 */
function readOptions<Options>(
  { caller, rules }: FactKind<Options>,
  options: unknown,
): ReadOptions<Options> | undefined {
  const names = Object.keys(rules) as Array<keyof Options & string>;
  const warn = (option: string, problem: string, loss: string) =>
    warnOnce(`${caller}.${option}`, `${caller}(): ${problem}; ${loss}`);
  if (!isRecord(options)) {
    const required = names.filter((name) => rules[name].required).join(' and ');
    warn('', wrongOptions(options, `an object with ${required}`), NOTHING_RECORDED);
    return undefined;
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(rules, name)) warn(name, unknownOption(name, names), IGNORED);
  }
  const accepted: Record<string, unknown> = {};
  let complete = true;
  for (const name of names) {
    const value = options[name];
    const [problem] = optionProblems(name, rules[name], value);
    if (problem !== undefined) {
      warn(name, problem, rules[name].required ? NOTHING_RECORDED : IGNORED);
      if (rules[name].required) complete = false;
    } else if (value !== undefined) accepted[name] = copyOf(value);
  }
  // The rules have checked each member.
  return complete ? (accepted as ReadOptions<Options>) : undefined;
}

const NOTHING_RECORDED = 'nothing is recorded';
const IGNORED = 'the option is ignored';

/** The application may change its objects after the call. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...value];
  return isRecord(value) ? toJsonObject(value, 'value') : value;
}

function withContentIfAllowed(fact: RecordedFact, contentAllowed: boolean): RecordedFact {
  if (contentAllowed || !('content' in fact)) return fact;
  const { content: _, ...withoutContent } = fact;
  return withoutContent;
}

/** Returns the attributes that are defined, with lists of a length that trace backends accept. */
function spanAttributes(attributes: Attributes): Attributes {
  const result: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    result[name] = Array.isArray(value)
      ? (value.slice(0, MAX_LISTED) as string[])
      : typeof value === 'string'
        ? maskSecrets(value)
        : value;
  }
  return result;
}

/** Options with a warning in the log. Each is logged once, whatever its later values. */
const warned = new Set<string>();
const MAX_WARNINGS = 100;

/** @param subject - the call and the option, of which the first problem is logged. */
export function warnOnce(subject: string, message: string): void {
  if (warned.has(subject) || warned.size >= MAX_WARNINGS) return;
  warned.add(subject);
  logger.warn(message);
}
