import { context } from '@opentelemetry/api';
import { type SessionOptions, validateSessionOptions } from './session-options.js';
import { SessionSpan } from './session-span.js';

/**
 * Runs a function as a session: one span, `session {name}`, around everything the function does, and one session of
 * audit events. The session ends when the function returns, or when its promise settles.
 *
 * Without it, the session of an event is the conversation or group of its run, otherwise its trace. Use
 * {@link startSession} for a session that ends in another place than it begins.
 *
 * ```ts
 * await withSession({ id: request.sessionId, name: 'support' }, () => run(agent, question));
 * ```
 *
 * @returns the result of the function; an error of the function reaches the caller.
 * @throws TypeError - if an option is unknown or not accepted; the function has not run then.
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
