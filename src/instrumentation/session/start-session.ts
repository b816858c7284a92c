/// <reference lib="esnext.disposable" preserve="true" />
import { type Context, context, diag } from '@opentelemetry/api';
import { PACKAGE_NAME } from '../../version.js';
import { type SessionOptions, validateSessionOptions } from './session-options.js';
import { SessionSpan } from './session-span.js';

/** A session that {@link startSession} has opened. */
export interface SessionHandle {
  /** Its identifier: the `session_id` of its events and the `session.id` of its spans. */
  readonly id: string;
  /**
   * The context in which whatever is started belongs to the session, for OpenTelemetry's own functions:
   * `tracer.startSpan('audio in', {}, session.context)`. Its active span is that of the session.
   */
  readonly context: Context;
  /**
   * Runs a function in the session, now and as often as you like. The session goes on afterwards. Once it has ended,
   * the function runs in the context of its caller.
   *
   * @returns what the function returns; what it throws is thrown on.
   */
  with<T>(action: () => T): T;
  /** Ends the session. Whatever is still open in it ends first; a second call does nothing. */
  end(): void;
  /** Ends the session as one that has failed, and keeps why on its span. */
  fail(error: unknown): void;
  /** Ends the session, as {@link SessionHandle.end} does: `using session = startSession()`. */
  [Symbol.dispose](): void;
  /** Ends the session, as {@link SessionHandle.end} does: `await using session = startSession()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a session that ends elsewhere than it begins: a chat over a socket, a conversation of several requests. As
 * with {@link withSession}, it is one span, `session {name}`, and one session of audit events.
 *
 * ```ts
 * const session = startSession({ id: socket.id, name: 'chat' });
 * socket.on('message', (text) => session.with(() => run(agent, text)));
 * socket.on('close', () => session.end());
 * ```
 *
 * It is ended by its owner: by `end()`, by `fail()`, or by leaving the block of a `using` or `await using`, which both
 * mean `end()`. The events of one that nobody ends are ended when it has been idle for long (option
 * `sessionIdleTimeoutMillis` of `ChaukasSpanProcessor`) and when the processor is shut down; its span never reaches the
 * trace then.
 *
 * @throws TypeError - when an option is unknown or not accepted.
 */
export function startSession(options: SessionOptions = {}): SessionHandle {
  validateSessionOptions(options, 'startSession');
  return makeDisposable(new StartedSession(new SessionSpan(options)));
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

/** Not by members of the class: where the symbols are missing, their names would be the text `undefined`. */
function makeDisposable(session: StartedSession): SessionHandle {
  const { dispose, asyncDispose } = Symbol as { dispose?: symbol; asyncDispose?: symbol };
  if (dispose !== undefined) define(session, dispose, () => session.end());
  if (asyncDispose !== undefined) define(session, asyncDispose, async () => session.end());
  return session as unknown as SessionHandle;
}

function define(target: object, key: symbol, value: () => unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
}
