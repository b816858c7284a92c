import { context } from '@opentelemetry/api';
import { type SessionOptions, validateSessionOptions } from './session-options.js';
import { SessionSpan } from './session-span.js';

/**
 * Runs a function as a session: one span, `session {name}`, over all that it does, and one session of audit events.
 * The session ends when the function has returned, or when its promise has settled.
 *
 * Without it, a session is found: a run's conversation or group, else the trace. A session that does not end where it
 * begins is for {@link startSession}.
 *
 * ```ts
 * await withSession({ id: request.sessionId, name: 'support' }, () => run(agent, question));
 * ```
 *
 * @returns what the function returns; what it throws is thrown on.
 * @throws TypeError - when an option is unknown or not accepted; the function has not run then.
 */
export function withSession<T>(options: SessionOptions, action: () => T): T {
  validateSessionOptions(options, 'withSession');
  const session = new SessionSpan(options);
  let result: T;
  try {
    result = context.with(session.context, action);
  } catch (error) {
    session.fail(error);
    throw error;
  }
  if (!(result instanceof Promise)) {
    session.end();
    return result;
  }
  return result.then(
    (value: unknown) => {
      session.end();
      return value;
    },
    (error: unknown) => {
      session.fail(error);
      throw error;
    },
  ) as T;
}
