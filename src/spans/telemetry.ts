import type { Attributes, Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import type { Logger } from '@opentelemetry/api-logs';
import type { Guard } from '../diagnostics/guard.js';
import * as semconv from '../semconv/attributes.js';
import { type ApplicationContext, getApplicationContext } from '../signals/application-context.js';
import { announceSpanStart } from '../signals/signal-channel.js';
import { markCall } from '../signals/span-start-details.js';
import type { ContentCapture } from './content-policy.js';
import { type RedactedContent, redactedText } from './content-redaction.js';
import type { Instruments } from './metrics/instruments.js';
import { getSessionId } from './session-id.js';

/** The providers and options of the hooks' owner. Read them for each call, because they may be replaced. */
export interface Telemetry {
  readonly tracer: Tracer;
  readonly logger: Logger;
  /** `undefined` if no metrics are collected. */
  readonly instruments: Instruments | undefined;
  readonly content: ContentCapture;
  /** Whether calls of the client that call no model are recorded. */
  readonly otherCalls: boolean;
  readonly guard: Guard;
}

/** The parts of the telemetry that the start of a span needs. */
interface StartingTelemetry {
  readonly tracer: Tracer;
  readonly content: RedactedContent;
}

/** Starts a span of this package, with the session, user and tags that the application named around it. */
export function startSpan(
  telemetry: StartingTelemetry,
  name: string,
  options: SpanOptions,
  parent: Context,
): Span {
  const span = spanInContext(telemetry, name, options, parent);
  announceSpanStart(span);
  return span;
}

function spanInContext(
  { tracer, content }: StartingTelemetry,
  name: string,
  options: SpanOptions,
  parent: Context,
): Span {
  const sessionId = getSessionId(parent);
  const application = getApplicationContext(parent);
  // A session has a span, so a call in it needs no mark.
  const marked = sessionId === undefined ? markCall(parent) : parent;
  if (sessionId === undefined && application === undefined) return tracer.startSpan(name, options, marked);
  const attributes: Attributes = { ...options.attributes };
  if (sessionId !== undefined) attributes[semconv.ATTR_SESSION_ID] = sessionId;
  if (application !== undefined) setApplication(attributes, application, content);
  return tracer.startSpan(name, { ...options, attributes }, marked);
}

function setApplication(
  attributes: Attributes,
  { userId, tags }: ApplicationContext,
  content: RedactedContent,
): void {
  if (userId !== undefined)
    attributes[semconv.ATTR_USER_ID] = redactedText(semconv.ATTR_USER_ID, userId, content);
  if (tags !== undefined) {
    attributes[semconv.ATTR_OPENAI_AGENTS_TAGS] = tags.flatMap(
      (tag) => redactedText(semconv.ATTR_OPENAI_AGENTS_TAGS, tag, content) ?? [],
    );
  }
}
