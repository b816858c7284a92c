/** Says whether a request of a client is part of a call that is recorded already. */
import { type Context, context, createContextKey, type Span } from '@opentelemetry/api';
import { overlayWithSpan } from '../../signals/overlay-context.js';
import { PACKAGE_NAME } from '../../version.js';

/** The call of the client that is sending a request. */
export const CLIENT_CALL_KEY = createContextKey(`${PACKAGE_NAME} client call`);
/** Set instead for a call that is not recorded anywhere, since its requests are not recorded either. */
export const UNOBSERVED_CALL_KEY = createContextKey(`${PACKAGE_NAME} unobserved client call`);

/** The value of both keys. */
interface SendingCall {
  readonly client: object;
  /** Whether a request that the client makes now is part of the call. */
  readonly ownsRequests: boolean;
}

/** One for all unobserved calls of a client, which own each request that it makes in their context. */
const unobservedCalls = new WeakMap<object, SendingCall>();

/** Returns a context in which the span is active, and the client's requests are part of a call that is not recorded. */
export function contextOfUnobservedCall(active: Context, span: Span, client: object): Context {
  let call = unobservedCalls.get(client);
  if (call === undefined) {
    call = { client, ownsRequests: true };
    unobservedCalls.set(client, call);
  }
  return overlayWithSpan(active, span, UNOBSERVED_CALL_KEY, call);
}

/** The client whose method is being called. Without a context manager no context shows it. */
let calling: object | undefined;

/** Runs a method of a client's resources. The requests that it makes at once are part of its call. */
export function insideClientCall<T>(client: object, callContext: Context, action: () => T): T {
  const outer = calling;
  calling = client;
  try {
    return context.with(callContext, action);
  } finally {
    calling = outer;
  }
}

/** Whether a request of this client is part of a call that is recorded, or deliberately not recorded, as a whole. */
export function isInsideClientCall(client: object): boolean {
  if (calling === client) return true;
  const active = context.active();
  const call = (active.getValue(CLIENT_CALL_KEY) ?? active.getValue(UNOBSERVED_CALL_KEY)) as
    | SendingCall
    | undefined;
  return call?.client === client && call.ownsRequests;
}
