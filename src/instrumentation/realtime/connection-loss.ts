import { types } from 'node:util';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, isRecord } from '../../json/readers.js';
import { memberValue, trustMembers } from '../../json/sdk-members.js';
import { describeRealtimeError } from '../../openai-api/realtime.js';
import { endsSession, isAboutRequest, type RealtimeServerError } from '../../openai-api/realtime-errors.js';
import { ERROR_TYPE_CONNECTION_CLOSED } from '../../semconv/attributes.js';
import { className, type Failure, failure } from '../../semconv/failure.js';

/** The unfinished business of a connection, in the words of its attribute. */
export type DueWork =
  /** A response goes on, or the work between two of them. */
  | 'answer'
  /** A tool runs. */
  | 'tool'
  /** A tool waits for its approval. */
  | 'approval'
  /** The client has requested a response. */
  | 'question'
  /** The user speaks. */
  | 'speech'
  /** The user has spoken, and the provider is to answer. */
  | 'reply';

const WORDS: Readonly<Record<DueWork, string>> = {
  answer: 'in the middle of an answer',
  tool: 'while a tool was running',
  approval: 'while a tool waited for approval',
  question: 'while a question waited for its answer',
  speech: 'while the user was speaking',
  reply: 'while the user waited for an answer',
};

/** How a connection ended that the application did not close. */
export interface ConnectionEnd {
  /** The close code of RFC 6455; `undefined` if the transport does not show it. */
  readonly code: number | undefined;
  /** The server's words for it. */
  readonly reason: string | undefined;
  readonly due: DueWork | undefined;
  /** Whether the provider has confirmed the session. */
  readonly confirmed: boolean;
}

/** The end of a connection about whose socket nothing is known. */
export const UNKNOWN_CLOSE: SocketClose = { code: undefined, reason: undefined };

/** A side hung up as agreed. */
const NORMAL_CLOSURE = 1000;
/** Codes that say nothing of a fault: the server goes away, or it gave no code. */
const NEUTRAL_CODES: ReadonlySet<unknown> = new Set([1001, 1005, undefined]);

/** The errors of a connection, as far as they can be the reason for its end. */
export class LossReasons {
  #fatal: Failure | undefined;
  #latest: Failure | undefined;

  /** The provider reports an error that refuses no request for a response. */
  reported(error: RealtimeServerError, described: Failure, confirmed: boolean): void {
    if (endsSession(error)) this.#fatal = described;
    // Most errors of requests are harmless. Before the session is confirmed, any error can be why it is refused.
    else if (!confirmed || !isAboutRequest(error)) this.#latest = described;
  }

  /** The transport reports an error, which is that of its socket or of code that it ran. */
  failed(event: unknown): void {
    const error = memberValue(event, 'error') ?? event;
    if (isServerEvent(error)) return;
    if (types.isNativeError(error)) this.#latest = describeRealtimeError(event);
    else this.socketFailed(event);
  }

  /** The socket reports an error, after which it closes. */
  socketFailed(error: unknown): void {
    this.#fatal = describeRealtimeError(error);
  }

  /** The session works after the latest error. */
  recovered(): void {
    this.#latest = undefined;
  }

  /** @returns the failure of the connection; `undefined` if a side hung up and nothing was lost. */
  failureOf(end: ConnectionEnd): Failure | undefined {
    if (this.#fatal !== undefined) return this.#fatal;
    const isLoss = isLost(end);
    return isLoss ? (this.#latest ?? closed(end)) : undefined;
  }
}

function isLost({ code, due, confirmed }: ConnectionEnd): boolean {
  if (!confirmed && code !== undefined) return true;
  if (code === NORMAL_CLOSURE) return false;
  return due !== undefined || !NEUTRAL_CODES.has(code);
}

function closed({ code, reason, due, confirmed }: ConnectionEnd): Failure {
  const withCode = code === undefined ? '' : ` with code ${code}`;
  const when = due !== undefined ? ` ${WORDS[due]}` : confirmed ? '' : ' before the session began';
  const plain = `The connection was closed${withCode}${when}`;
  return failure(ERROR_TYPE_CONNECTION_CLOSED, reason && `${plain}: ${reason}`, plain);
}

/** Whether a transport's error is an event of the provider, which has been read as such. */
function isServerEvent(error: unknown): boolean {
  return ownValue(error, 'type') === 'error' && isRecord(ownValue(error, 'error'));
}

type SocketClose = Pick<ConnectionEnd, 'code' | 'reason'>;

/** How sockets of the platform closed; they do not keep their code. */
const closes = new WeakMap<object, SocketClose>();

/** Prepares for {@link closeOf}. A socket of the package `ws` keeps its code and needs no listener. */
export function watchClose(socket: unknown): void {
  if (keptCode(socket) !== undefined || !(socket instanceof EventTarget) || types.isProxy(socket)) return;
  if (closes.has(socket)) return;
  closes.set(socket, UNKNOWN_CLOSE);
  EventTarget.prototype.addEventListener.call(socket, 'close', (event) => {
    closes.set(socket, readClose(event));
  });
}

/** How a socket was closed. */
export function closeOf(socket: unknown): SocketClose {
  const code = keptCode(socket);
  if (code === undefined) return (isRecord(socket) && closes.get(socket)) || UNKNOWN_CLOSE;
  const message = ownValue(socket, '_closeMessage');
  return { code, reason: message instanceof Buffer ? asNonEmptyString(message.toString()) : undefined };
}

/** The code that a socket of the package `ws` keeps (8.0 to 8.23). */
function keptCode(socket: unknown): number | undefined {
  const code = ownValue(socket, '_closeCode');
  return typeof code === 'number' ? code : undefined;
}

function readClose(event: Event): SocketClose {
  // Node 20 and 22 have the class without making it global.
  if (className(event) === 'CloseEvent') trustMembers(Object.getPrototypeOf(event) as object);
  const code = memberValue(event, 'code');
  return {
    code: typeof code === 'number' ? code : undefined,
    reason: asNonEmptyString(memberValue(event, 'reason')),
  };
}
