import {
  type Attributes,
  type AttributeValue,
  context,
  diag,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import { Guard } from '../diagnostics/guard.js';
import { type OptionRule, type ReadOptions, readOptions } from '../options/option-rules.js';
import type { RecordedFact } from '../signals/signal.js';
import { publishSignal, signalsWanted } from '../signals/signal-channel.js';
import { getRunSettings } from '../spans/run-settings.js';
import { getSessionId } from '../spans/session-id.js';
import { PACKAGE_NAME } from '../version.js';

/** Members of a list that a span event carries; the audit event has all of them. */
const MAX_LISTED = 100;

/** One kind of fact that applications record. */
export interface FactKind<Options> {
  /** The public function, as messages name it. */
  readonly caller: string;
  readonly rules: Readonly<Record<keyof Options & string, OptionRule>>;
  readonly spanEventName: string;
  spanEventAttributes(options: ReadOptions<Options>): Attributes;
  fact(options: ReadOptions<Options>): RecordedFact;
}

const logger = diag.createComponentLogger({ namespace: PACKAGE_NAME });
const guard = new Guard(logger);

/** Options that were warned of: each once, whatever its values are, and no more than anybody would read. */
const warned = new Set<string>();
const MAX_WARNINGS = 100;

/**
 * Attaches a fact to the span that is active: as an event of that span, and as an audit event. Runs in the request
 * path of the application, so it never throws, and does next to nothing where nobody listens.
 */
export function recordFact<Options>(kind: FactKind<Options>, given: unknown): void {
  guard.run(`${kind.caller}()`, () => {
    const active = context.active();
    const span = trace.getSpan(active);
    const spanRecording = span?.isRecording() ?? false;
    const wanted = signalsWanted();
    if (!spanRecording && !wanted) return;

    const options = readOptions(kind.rules, given, (option, problem) => {
      warnOnce(`${kind.caller}.${option}`, `${kind.caller}(): ${problem}`);
    }) as ReadOptions<Options> | undefined;
    if (options === undefined) return;

    if (spanRecording) span?.addEvent(kind.spanEventName, listed(kind.spanEventAttributes(options)));
    if (!wanted) return;
    const spanContext = span?.spanContext();
    publishSignal({
      type: 'recorded',
      time: Date.now(),
      span: spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined,
      spanRecording,
      sessionId: getSessionId(active),
      fact: allowed(kind.fact(options), getRunSettings(active)?.contentAllowed !== false),
    });
  });
}

function allowed(fact: RecordedFact, contentAllowed: boolean): RecordedFact {
  if (contentAllowed || !('content' in fact)) return fact;
  const { content: _, ...withoutContent } = fact;
  return withoutContent;
}

/** What is given, lists not longer than a trace backend likes. */
function listed(attributes: Attributes): Attributes {
  const result: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    result[name] = Array.isArray(value) ? (value.slice(0, MAX_LISTED) as string[]) : value;
  }
  return result;
}

function warnOnce(subject: string, message: string): void {
  if (warned.has(subject) || warned.size >= MAX_WARNINGS) return;
  warned.add(subject);
  logger.warn(message);
}
