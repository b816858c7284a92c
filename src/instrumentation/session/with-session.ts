import { context, SpanKind, trace } from '@opentelemetry/api';
import { uuidv7 } from 'uuidv7';
import type { JsonObject } from '../../foreign/json.js';
import {
  ATTR_OPENAI_AGENTS_SPAN_TYPE,
  ATTR_SESSION_ID,
  SPAN_TYPE_SESSION,
} from '../../semconv/attributes.js';
import { spanName } from '../../semconv/operations.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.js';
import { describeFailure, recordFailure } from '../failure.js';
import { withSessionId } from './session-context.js';

/** Options of {@link withSession}. */
export interface SessionOptions {
  /**
   * Identifier of the session; the `session_id` of its events and the `session.id` of its spans.
   *
   * @defaultValue a new UUIDv7
   */
  id?: string;
  /** Low in cardinality: it is part of the span's name. */
  name?: string;
  /** Goes into the SESSION_START event. */
  metadata?: JsonObject;
}

/**
 * Runs a function as a session: one span, `session {name}`, over all that it does, and one session of audit events.
 * The session ends when the function has returned, or when its promise has settled.
 *
 * Without it, a session is found: a run's conversation or group, else the trace.
 *
 * ```ts
 * await withSession({ id: request.sessionId, name: 'support' }, () => run(agent, question));
 * ```
 *
 * @returns what the function returns; what it throws is thrown on.
 * @throws TypeError - when an option is not accepted; the function has not run then.
 */
export function withSession<T>(options: SessionOptions, action: () => T): T {
  const { id = uuidv7(), name, metadata } = checkOptions(options);
  const parent = withSessionId(context.active(), id);
  const span = trace.getTracer(PACKAGE_NAME, PACKAGE_VERSION).startSpan(
    spanName('session', name),
    {
      kind: SpanKind.INTERNAL,
      attributes: { [ATTR_SESSION_ID]: id, [ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_SESSION },
    },
    metadata === undefined ? parent : withSpanStartDetails(parent, { session: { metadata } }),
  );
  const fail = (error: unknown) => {
    recordFailure(span, describeFailure(error));
    span.end();
  };
  let result: T;
  try {
    result = context.with(trace.setSpan(parent, span), action);
  } catch (error) {
    fail(error);
    throw error;
  }
  if (!(result instanceof Promise)) {
    span.end();
    return result;
  }
  return result.then(
    (value: unknown) => {
      span.end();
      return value;
    },
    (error: unknown) => {
      fail(error);
      throw error;
    },
  ) as T;
}

function checkOptions(options: unknown): SessionOptions {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${PACKAGE_NAME}: withSession needs an object of options first, e.g. { id, name }`);
  }
  const { id, name } = options as Record<string, unknown>;
  for (const [option, value] of Object.entries({ id, name })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new TypeError(
        `${PACKAGE_NAME}: withSession: option "${option}" is ${JSON.stringify(value)}; it must be a non-empty string`,
      );
    }
  }
  return options;
}
