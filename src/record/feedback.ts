import { context, diag, isSpanContextValid, type SpanContext, TraceFlags, trace } from '@opentelemetry/api';
import * as clock from '../clock.js';
import { Guard } from '../diagnostics/guard.js';
import type { JsonObject } from '../json/json.js';
import { OwnData } from '../json/own-data.js';
import { withoutAbsent } from '../json/without-undefined.js';
import {
  missingOption,
  type OptionRules,
  optionsProblems,
  required,
  rule,
  textWithin,
} from '../options/option-rules.js';
import * as semconv from '../semconv/attributes.js';
import { getApplicationContext } from '../signals/application-context.js';
import { publishSignal, signalsWanted } from '../signals/signal-channel.js';
import { definedAttributes } from '../spans/content-attributes.js';
import { redactedText } from '../spans/content-redaction.js';
import { processTelemetry } from '../spans/process-telemetry.js';
import { getRunSettings } from '../spans/run-settings.js';
import { getSessionId } from '../spans/session-id.js';
import { maskSecrets } from '../text/mask-secrets.js';
import { PACKAGE_NAME } from '../version.js';
import { warnOnce } from './record-fact.js';

/** Options of {@link recordFeedback}. At least one of `value`, `label` and `comment` is needed. */
export interface FeedbackOptions {
  /** The question that the feedback answers: `helpful`, `accuracy`. `gen_ai.evaluation.name`. */
  name: string;
  /** A number, or an answer of yes (1) or no (0). `gen_ai.evaluation.score.value`, which is a number. */
  value?: number | boolean;
  /** The answer in a word: `thumbs_up`, `relevant`. `gen_ai.evaluation.score.label`. */
  label?: string;
  /**
   * The user's or the evaluator's words. Content: in the audit event after redaction, and in the log record only if log records carry
   * content (`captureMessageContent: 'EVENT_ONLY'` or `'SPAN_AND_EVENT'`). `gen_ai.evaluation.explanation`.
   */
  comment?: string;
  /** The trace of the span that the feedback is about. Needs `spanId`. */
  traceId?: string;
  /**
   * The span that the feedback is about, which may have ended in any process. Needs `traceId`.
   *
   * @defaultValue the active span
   */
  spanId?: string;
}

const SHORT_TEXT = textWithin(256);

const RULES: OptionRules<FeedbackOptions> = {
  name: required(SHORT_TEXT),
  value: rule(
    'a finite number, true or false',
    (value) => typeof value === 'boolean' || Number.isFinite(value),
  ),
  label: SHORT_TEXT,
  comment: rule('a string', (value) => typeof value === 'string'),
  traceId: rule('32 hexadecimal digits', (value) => isId(value, 32)),
  spanId: rule('16 hexadecimal digits', (value) => isId(value, 16)),
};

const guard = new Guard(diag.createComponentLogger({ namespace: PACKAGE_NAME }));

/**
 * Records what a user or an evaluator says about an answer: about the active span, or about any span by its ids, also
 * long after it has ended and from another process.
 *
 * It becomes the convention's log record `gen_ai.evaluation.result` in the context of that span, and an audit event SYSTEM
 * (chaukas-spec) with `metadata.feedback`. The audit event is in the session of the span if this process knows it, else in
 * the session around the call, else in that of the trace.
 *
 * ```ts
 * const { traceId, spanId } = trace.getActiveSpan().spanContext(); // in the request that answers
 * recordFeedback({ name: 'helpful', value: true, comment: 'Solved it.', traceId, spanId }); // later
 * ```
 *
 * An empty `comment` counts as left out; feedback that has nothing else is not recorded, nor is feedback about a span that
 * does not exist, whose ids are 0. Never throws: what is wrong with the options is logged to `diag`, once per
 * problem, and nothing is recorded.
 */
export function recordFeedback(options: FeedbackOptions): void {
  guard.run('recordFeedback()', () => {
    const feedback = readFeedback(options);
    if (feedback === undefined) return;
    if (feedback.value === undefined && feedback.label === undefined && !feedback.comment) return;
    // The ids of a span that no SDK has made.
    if (isZero(feedback.traceId) || isZero(feedback.spanId)) return;
    const active = context.active();
    const named = namedSpan(feedback);
    const current = trace.getSpan(active);
    const span = named ?? validContext(current?.spanContext());
    const contentAllowed = getRunSettings(active)?.contentAllowed !== false;
    emitRecord(feedback, named, contentAllowed);
    if (!signalsWanted()) return;
    const facts = feedbackFacts(feedback, span);
    const comment = feedback.comment;
    publishSignal({
      type: 'recorded',
      time: clock.now(),
      span,
      spanRecording: named === undefined && (current?.isRecording() ?? false),
      sessionId: getSessionId(active),
      inSessionOfSpan: named !== undefined,
      application: getApplicationContext(active),
      fact: {
        type: 'system.message',
        message: 'feedback',
        metadata: { feedback: facts },
        ...(contentAllowed && comment && { content: { feedback: { ...facts, comment } } }),
      },
    });
  });
}

/** Returns `undefined` if the options are wrong. */
function readFeedback(options: unknown): FeedbackOptions | undefined {
  const given = typeof options === 'object' ? new OwnData().view(options) : options;
  const problems = optionsProblems(RULES, given, 'an object, e.g. { name, value }');
  if (problems.length === 0) problems.push(...incomplete(given as FeedbackOptions));
  if (problems.length === 0) return given as FeedbackOptions;
  warnOnce(`recordFeedback ${problems[0]}`, `recordFeedback(): ${problems.join('; ')}; nothing is recorded`);
  return undefined;
}

function isZero(id: string | undefined): boolean {
  return id !== undefined && !/[^0]/.test(id);
}

function incomplete({ value, label, comment, traceId, spanId }: FeedbackOptions): string[] {
  const isEmpty = value === undefined && label === undefined && comment === undefined;
  return [
    ...(isEmpty ? ['one of the options "value", "label" and "comment" is needed'] : []),
    ...(spanId !== undefined && traceId === undefined
      ? [missingOption('traceId', `${RULES.traceId.accepted}, because "spanId" needs it`)]
      : []),
    ...(traceId !== undefined && spanId === undefined
      ? [missingOption('spanId', `${RULES.spanId.accepted}, because "traceId" needs it`)]
      : []),
  ];
}

/** The span by the ids that were given. It counts as sampled, since log records of other traces may be left out. */
function namedSpan({ traceId, spanId }: FeedbackOptions): SpanContext | undefined {
  if (traceId === undefined || spanId === undefined) return undefined;
  return {
    traceId: traceId.toLowerCase(),
    spanId: spanId.toLowerCase(),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  };
}

function validContext(span: SpanContext | undefined): SpanContext | undefined {
  return span !== undefined && isSpanContextValid(span) ? span : undefined;
}

function feedbackFacts({ name, value, label }: FeedbackOptions, span: SpanContext | undefined): JsonObject {
  return withoutAbsent<JsonObject>({
    name,
    value,
    label,
    trace_id: span?.traceId,
    span_id: span?.spanId,
  });
}

/** The convention's log record. It lies in the context of the span, by which a backend puts it beneath the span. */
function emitRecord(
  { name, value, label, comment }: FeedbackOptions,
  named: SpanContext | undefined,
  contentAllowed: boolean,
): void {
  const { content, logger } = processTelemetry();
  const active = context.active();
  const explanation =
    contentAllowed && content.onEvent && comment
      ? redactedText(semconv.ATTR_GEN_AI_EVALUATION_EXPLANATION, comment, content)
      : undefined;
  logger.emit({
    eventName: semconv.EVENT_GEN_AI_EVALUATION_RESULT,
    attributes: definedAttributes({
      [semconv.ATTR_GEN_AI_EVALUATION_NAME]: maskSecrets(name),
      [semconv.ATTR_GEN_AI_EVALUATION_SCORE_VALUE]: value === undefined ? undefined : Number(value),
      [semconv.ATTR_GEN_AI_EVALUATION_SCORE_LABEL]: label === undefined ? undefined : maskSecrets(label),
      [semconv.ATTR_GEN_AI_EVALUATION_EXPLANATION]: explanation?.slice(0, content.lengthLimit),
    }),
    context: named === undefined ? active : trace.setSpanContext(active, named),
  });
}

function isId(value: unknown, digits: number): boolean {
  return typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/i.test(value);
}
