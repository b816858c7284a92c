import type { Context, Span } from '@opentelemetry/api';
import type { Logger } from '@opentelemetry/api-logs';
import type { ContentOffer } from '../signals/signal.js';
import { contentSignalsWanted, signalsWanted } from '../signals/signal-channel.js';
import { type CaptureMode, modeOfEnvironment } from './capture-mode.js';
import { OPERATION_DETAILS } from './content-attributes.js';
import type { ContentRedaction, RedactedContent } from './content-redaction.js';
import { getRunSettings } from './run-settings.js';

/** Variables with the length at which the SDK cuts a span's strings, which would break JSON. The narrower one first. */
const ATTRIBUTE_LIMIT_VARIABLES = [
  'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
] as const;

const DEFAULT_LENGTH_LIMIT = 65_536;

/** The configured capture of message content. */
export interface ContentCapture extends RedactedContent {
  readonly onSpan: boolean;
  /** In log records `gen_ai.client.inference.operation.details`. */
  readonly onEvent: boolean;
  /** Maximum length of one attribute, in characters of JSON. */
  readonly lengthLimit: number;
}

interface ContentCaptureOptions {
  readonly captureMessageContent?: boolean | CaptureMode | undefined;
  readonly contentLengthLimit?: number | undefined;
}

/**
 * Reads the options, else the environment. An unknown value in the environment captures no content, as the convention
 * requires.
 */
export function contentCapture(
  options: ContentCaptureOptions,
  environment: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
  redaction?: ContentRedaction,
): ContentCapture {
  const mode = modeOfOption(options.captureMessageContent) ?? modeOfEnvironment(environment, warn);
  return {
    onSpan: mode === 'SPAN_ONLY' || mode === 'SPAN_AND_EVENT',
    onEvent: mode === 'EVENT_ONLY' || mode === 'SPAN_AND_EVENT',
    lengthLimit: Math.min(
      options.contentLengthLimit ?? DEFAULT_LENGTH_LIMIT,
      attributeLengthLimit(environment) ?? Number.POSITIVE_INFINITY,
    ),
    redaction,
  };
}

function modeOfOption(option: boolean | CaptureMode | undefined): CaptureMode | undefined {
  if (typeof option !== 'boolean') return option;
  return option ? 'SPAN_ONLY' : 'NO_CONTENT';
}

function attributeLengthLimit(environment: Readonly<Record<string, string | undefined>>): number | undefined {
  for (const name of ATTRIBUTE_LIMIT_VARIABLES) {
    const limit = Number(environment[name]);
    // The SDK ignores other values as well.
    if (Number.isInteger(limit) && limit > 0) return limit;
  }
  return undefined;
}

/** The treatment of message content in one context of the application. */
export interface ContentPolicy extends ContentCapture {
  /** `false` in a run without sensitive data (`traceIncludeSensitiveData: false`). */
  readonly allowed: boolean;
  /** Whether content is recorded anywhere; if not, it need not be built. */
  readonly wanted: boolean;
}

const FORBIDDEN: ContentPolicy = {
  onSpan: false,
  onEvent: false,
  lengthLimit: 0,
  redaction: undefined,
  allowed: false,
  wanted: false,
};

/** The configured capture, and the logger that log records go to. */
interface ContentTargets {
  readonly content: ContentCapture;
  readonly logger: Pick<Logger, 'emit'> & Partial<Pick<Logger, 'enabled'>>;
}

export function contentPolicy({ content, logger }: ContentTargets, context: Context): ContentPolicy {
  if (getRunSettings(context)?.contentAllowed === false) return FORBIDDEN;
  return AllowedContent.of(content, content.onEvent && isEnabled(logger));
}

/** A class, because a literal with a getter is ten times as large. Kept, because it is the same for all calls. */
class AllowedContent implements ContentPolicy {
  static readonly #known = new WeakMap<ContentCapture, AllowedContent>();

  static of(content: ContentCapture, onEvent: boolean): AllowedContent {
    let policy = AllowedContent.#known.get(content);
    if (policy === undefined || policy.onEvent !== onEvent) {
      policy = new AllowedContent(content, onEvent);
      AllowedContent.#known.set(content, policy);
    }
    return policy;
  }

  readonly onSpan: boolean;
  readonly onEvent: boolean;
  readonly lengthLimit: number;
  readonly redaction: ContentRedaction | undefined;
  readonly allowed = true;
  /** The policy of a span that carries no content. */
  readonly unwanted: ContentPolicy;

  private constructor({ onSpan, lengthLimit, redaction }: ContentCapture, onEvent: boolean) {
    this.onSpan = onSpan;
    this.onEvent = onEvent;
    this.lengthLimit = lengthLimit;
    this.redaction = redaction;
    this.unwanted = { onSpan: false, onEvent: false, lengthLimit, redaction, allowed: true, wanted: false };
  }

  /** Read when it is needed: a span processor may ask for content when it sees its first span. */
  get wanted(): boolean {
    return this.onSpan || this.onEvent || contentSignalsWanted();
  }
}

/** A logger of an older API does not say whether it records. */
function isEnabled(logger: ContentTargets['logger']): boolean {
  return logger.enabled?.(OPERATION_DETAILS) !== false;
}

/**
 * Returns the offer of a call's content to span processors at the start of its span; `undefined` if none is made.
 *
 * @param request - whether the content of the request follows when it is sent.
 */
export function contentOffer({ allowed }: ContentPolicy, request: boolean): ContentOffer | undefined {
  return allowed && signalsWanted() ? { request, accepted: false } : undefined;
}

/**
 * Narrows a policy down to what becomes of the content of one span that has started.
 *
 * @param offer - the offer that span processors saw at the span's start; `undefined` if they saw none.
 */
export function policyOfSpan(
  policy: ContentPolicy,
  span: Span,
  offer: ContentOffer | undefined,
): ContentPolicy {
  const { onEvent, lengthLimit, redaction, allowed } = policy;
  const recorded = span.isRecording();
  const onSpan = policy.onSpan && recorded;
  const onSignals = allowed && recorded && (offer?.accepted ?? contentSignalsWanted());
  const wanted = onSpan || onEvent || onSignals;
  if (!wanted && policy instanceof AllowedContent) return policy.unwanted;
  return { onSpan, onEvent, lengthLimit, redaction, allowed, wanted };
}
