/// <reference lib="esnext.disposable" preserve="true" />
import { type Context, context, diag } from '@opentelemetry/api';
import { functionProblems } from '../../options/option-rules.js';
import { PACKAGE_NAME } from '../../version.js';
import { readSessionOptions, type SessionOptions, SessionSpan } from './session-span.js';

const EXAMPLE = 'withSession({ id }, () => run(agent, question)); startSession({ id }) needs none';

/**
 * Runs a function as a session: one span, `session {name}`, around everything the function does, and one session of
 * audit events. The session ends when the function returns, or when its promise settles.
 *
 * Without it, the session of an event is the conversation or group of its run, otherwise its trace. Use
 * {@link startSession} for a session that ends in another place than it begins.
 *
 * ```ts
 * await withSession({ id: request.sessionId, name: 'support', userId: user.id }, () => run(agent, question));
 * ```
 *
 * All spans and events in it carry `userId` and `tags`, as in {@link withContext}.
 *
 * @returns the result of the function; an error of the function reaches the caller.
 * @throws TypeError - if an option is unknown or not accepted, or the function is missing; no session is recorded then.
 */
export function withSession<T>(options: SessionOptions, action: () => T): T {
  const given = readSessionOptions(options, 'withSession', functionProblems(action, EXAMPLE));
  const session = new SessionSpan(given);
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

/** A session opened by {@link startSession}. */
export interface SessionHandle {
  /** Identifier of the session: `session_id` of its events, `session.id` of its spans. */
  readonly id: string;
  /**
   * The context of the session, in which its span is active. Pass it to functions of OpenTelemetry to start spans in the
   * session: `tracer.startSpan('audio in', {}, session.context)`.
   */
  readonly context: Context;
  /**
   * Runs a function in the session, which stays open. After the session has ended, the function runs in the caller's
   * context.
   *
   * @returns the result of the function; an error of the function reaches the caller.
   */
  with<T>(action: () => T): T;
  /** Ends the session. Its SESSION_END event follows when everything in it has ended. A second call does nothing. */
  end(): void;
  /** Ends the session as failed, with the error on its span; as cancelled, if the error is an abort. */
  fail(error: unknown): void;
  /** Same as {@link SessionHandle.end}, for `using session = startSession()`. */
  [Symbol.dispose](): void;
  /** Same as {@link SessionHandle.end}, for `await using session = startSession()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a session that ends in another place than it begins, such as a chat over a socket or a conversation of several
 * requests. Like {@link withSession}, it records one span, `session {name}`, and one session of audit events.
 *
 * ```ts
 * const session = startSession({ id: socket.id, name: 'chat' });
 * socket.on('message', (text) => session.with(() => run(agent, text)));
 * socket.on('close', () => session.end());
 * ```
 *
 * The caller must end the session: with `end()`, with `fail()`, or by leaving the block of a `using` or `await using`
 * declaration, which calls `end()`. If the caller does not, its events are ended after a long idle time (option
 * `sessionIdleTimeoutMillis` of `ChaukasSpanProcessor`) or when the processor is shut down, and its span is never
 * exported.
 *
 * @throws TypeError - if an option is unknown or not accepted.
 */
export function startSession(options: SessionOptions = {}): SessionHandle {
  return makeDisposable(new StartedSession(new SessionSpan(readSessionOptions(options, 'startSession'))));
}

class StartedSession {
  readonly #session: SessionSpan;
  #warned = false;

  constructor(session: SessionSpan) {
    this.#session = session;
  }

  get id(): string {
    return this.#session.id;
  }

  get context(): Context {
    return this.#session.context;
  }

  with<T>(action: () => T): T {
    if (!this.#session.ended) return context.with(this.#session.context, action);
    if (!this.#warned) {
      this.#warned = true;
      diag.warn(`${PACKAGE_NAME}: session.with(): the session has ended, so what runs now is not part of it`);
    }
    return action();
  }

  end(): void {
    this.#session.end();
  }

  fail(error: unknown): void {
    this.#session.fail(error);
  }
}

/** Adds the dispose methods. As members of the class they would be named `undefined` if the symbols are missing. */
function makeDisposable(session: StartedSession): SessionHandle {
  const { dispose, asyncDispose } = Symbol as { dispose?: symbol; asyncDispose?: symbol };
  if (dispose !== undefined) define(session, dispose, () => session.end());
  if (asyncDispose !== undefined) define(session, asyncDispose, async () => session.end());
  return session as unknown as SessionHandle;
}

function define(target: object, key: symbol, value: () => unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
}
