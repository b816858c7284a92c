import { types } from 'node:util';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { isCallerAbort, markAsAbort, spanErrorCause } from '../../semconv/failure.js';

/** Texts of the errors by which `openai`, `fetch` and Node report an abort, with and without the class name. */
const ABORT_TEXT =
  /^(?:(?:Error|AbortError|APIUserAbortError): )?(?:Request was aborted\.|(?:This|The) operation was aborted\.?)$/;

/** The text on an SDK's span in place of an error, in a run without sensitive data. */
const WITHHELD_TEXT = 'Error';

/** The platform's own getters, which run no code of the application. */
const READ_ABORTED = getterOf('aborted');
const READ_REASON = getterOf('reason');

/**
 * The abort of a run by its caller. The SDK gives it up with whatever the caller gave as the reason of the abort, and
 * writes only the text of an error on its spans.
 */
export class RunAbort {
  readonly #signal: unknown;
  readonly #enclosing: RunAbort | undefined;
  #toolBroke = false;

  /**
   * @param signal - the signal that the caller passed to the run, if any.
   * @param enclosing - the abort of the run whose tool started this one.
   */
  constructor(signal: unknown, enclosing?: RunAbort) {
    this.#signal = signal;
    this.#enclosing = enclosing;
  }

  /** Whether the caller has aborted the run, or a run around it. */
  get aborted(): boolean {
    return this.#ownAborted || this.#enclosing?.aborted === true;
  }

  /** Whether this error of the run is the abort itself, and not an error that happened beside it. */
  isAbort(error: unknown): boolean {
    if (isCallerAbort(error)) return true;
    if (!this.aborted) return false;
    // An error of a tool is wrapped into one of the SDK's.
    const inner = ownValue(error, 'error');
    const given =
      this.#isReason(error) || (inner !== undefined && (isCallerAbort(inner) || this.#isReason(inner)));
    if (given) markAsAbort(error);
    return given;
  }

  /** An error of a tool ends the run, which is not the abort even if the run's error is withheld. */
  toolBroke(): void {
    this.#toolBroke = true;
  }

  /**
   * Whether the error on a span of the SDK is the abort.
   *
   * @param certain - whether an abort needs no further sign than its text: the error is that of a run or a model call,
   *   and not of a tool, which may abort requests of its own.
   */
  isAbortOnSpan(error: unknown, certain: boolean): boolean {
    const cause = spanErrorCause(error) ?? asNonEmptyString(asRecord(error)?.message);
    if (cause === undefined || (!certain && !this.aborted)) return false;
    if (ABORT_TEXT.test(cause) || cause.startsWith('AbortError: ')) return true;
    return (
      this.aborted && ((certain && cause === WITHHELD_TEXT && !this.#toolBroke) || this.#isReasonText(cause))
    );
  }

  get #ownAborted(): boolean {
    return read(READ_ABORTED, this.#signal) === true;
  }

  #isReason(error: unknown): boolean {
    if (this.#enclosing?.aborted && this.#enclosing.#isReason(error)) return true;
    return this.#ownAborted && read(READ_REASON, this.#signal) === error;
  }

  #isReasonText(text: string): boolean {
    if (this.#enclosing?.aborted && this.#enclosing.#isReasonText(text)) return true;
    if (!this.#ownAborted) return false;
    const reason = read(READ_REASON, this.#signal);
    const message = messageOf(reason);
    return message !== undefined && (text === message || text.endsWith(`: ${message}`));
  }
}

function messageOf(reason: unknown): string | undefined {
  if (typeof reason !== 'object' || reason === null) return String(reason);
  if (types.isProxy(reason)) return undefined;
  return asNonEmptyString(reason instanceof DOMException ? reason.message : ownValue(reason, 'message'));
}

function getterOf(name: string): ((this: unknown) => unknown) | undefined {
  return Object.getOwnPropertyDescriptor(AbortSignal.prototype, name)?.get;
}

/** Returns `undefined` for anything but a signal of the platform. */
function read(getter: ((this: unknown) => unknown) | undefined, signal: unknown): unknown {
  if (typeof signal !== 'object' || signal === null) return undefined;
  try {
    return getter?.call(signal);
  } catch {
    return undefined;
  }
}
