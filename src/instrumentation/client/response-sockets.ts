import { parseJson } from '../../json/json.js';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, asString, isRecord, type UnknownRecord } from '../../json/readers.js';
import { CLIENT_OPERATIONS } from '../../openai-api/client-operations.js';
import { streamedError } from '../../openai-api/event-stream.js';
import { ERROR_TYPE_CONNECTION_CLOSED } from '../../semconv/attributes.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { ClientCall } from './client-call.js';

/** The limit for calls that wait on one socket; beyond it the oldest is given up. */
const MAX_WAITING = 1000;

/** The event that asks for a response. Its other members are the request of the HTTP API (7.55.0). */
const REQUEST_TYPE = 'response.create';

const RESPONSES_CREATE = CLIENT_OPERATIONS.find(
  ({ resource, method }) => resource.join() === 'Responses' && method === 'create',
);

/** Events with which a response ends. */
const LAST_EVENTS: ReadonlySet<unknown> = new Set([
  'response.completed',
  'response.failed',
  'response.incomplete',
  'response.cancelled',
]);

const CONNECTION_CLOSED = {
  code: ERROR_TYPE_CONNECTION_CLOSED,
  message: 'The connection was closed in the middle of a response',
};

/**
 * The calls over one socket. The server works off the requests of a lane (`stream_id`) in order, so each event belongs to
 * the oldest call of its lane.
 */
class SocketCalls {
  readonly #lanes = new Map<string, { call: ClientCall; begun: boolean }[]>();
  #waiting = 0;
  #lastError: unknown;
  #closedByApplication = false;

  /** @returns a function that ends the call if it could not be sent. */
  begin(call: ClientCall, lane: string): (error: unknown) => void {
    if (this.#waiting >= MAX_WAITING) this.#shift(this.#lanes.keys().next().value ?? '')?.cancel();
    const entry = { call, begun: false };
    const entries = this.#lanes.get(lane) ?? [];
    this.#lanes.set(lane, entries);
    entries.push(entry);
    this.#waiting += 1;
    return (error) => {
      const place = entries.indexOf(entry);
      if (place < 0) return;
      entries.splice(place, 1);
      if (entries.length === 0) this.#lanes.delete(lane);
      this.#waiting -= 1;
      call.fail(error);
    };
  }

  received(event: unknown): void {
    const type = ownValue(event, 'type');
    const lane = asString(ownValue(event, 'stream_id')) ?? '';
    if (type === 'error') {
      this.#shift(lane)?.fail(streamedError(ownValue(event, 'error') ?? event));
      return;
    }
    const entry = this.#lanes.get(lane)?.[0];
    if (entry === undefined || !asNonEmptyString(type)?.startsWith('response.')) return;
    if (!entry.begun) entry.call.beginStream();
    entry.begun = true;
    entry.call.addChunk(event);
    if (LAST_EVENTS.has(type)) this.#shift(lane)?.finishStream();
  }

  failed(error: unknown): void {
    this.#lastError = error;
  }

  /** The application closes the socket. It may still receive what the server has sent. */
  closing(): void {
    this.#closedByApplication = true;
  }

  /** The connection is lost and made again. What was not sent is sent then. */
  reconnecting(): void {
    for (const [lane, entries] of this.#lanes) {
      if (entries[0]?.begun) this.#shift(lane)?.fail(this.#lastError ?? CONNECTION_CLOSED);
    }
  }

  closed(): void {
    this.#endAll((call) => {
      if (this.#closedByApplication) call.cancel();
      else call.fail(this.#lastError ?? CONNECTION_CLOSED);
    });
  }

  abandon(): void {
    this.#endAll((call) => call.cancel());
  }

  #endAll(end: (call: ClientCall) => void): void {
    const calls = [...this.#lanes.values()].flat();
    this.#lanes.clear();
    this.#waiting = 0;
    for (const { call } of calls) end(call);
  }

  /** Takes the oldest call of a lane out. */
  #shift(lane: string): ClientCall | undefined {
    const entries = this.#lanes.get(lane);
    const entry = entries?.shift();
    if (entry !== undefined) this.#waiting -= 1;
    if (entries?.length === 0) this.#lanes.delete(lane);
    return entry?.call;
  }
}

/**
 * The sockets of the Responses API (`ResponsesWS` of `openai`). Each `response.create` that is sent is a model call, whose
 * events are those of a stream.
 *
 * Invariant: sockets are referenced weakly. A socket that is garbage-collected ends its calls.
 */
export class ResponseSockets {
  readonly #telemetry: Telemetry;
  readonly #calls = new WeakMap<object, SocketCalls>();
  readonly #open = new Set<SocketCalls>();
  readonly #collected = new FinalizationRegistry<SocketCalls>((calls) => this.#abandon(calls));
  /** Ends the call whose request is being sent. */
  #sending: ((error: unknown) => void) | undefined;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /**
   * @param prototype - of the client's class.
   * @returns the expected methods that are missing, for a warning.
   */
  install(prototype: object, patches: MethodPatches): string[] {
    const run = (action: () => void) => this.#telemetry.guard.run('Reading an event of a socket', action);
    const before = (read: (calls: SocketCalls, args: readonly unknown[]) => void) => (method: Method) => {
      const known = this.#calls;
      return function (this: unknown, ...args: unknown[]) {
        const calls = known.get(this as object);
        if (calls !== undefined) run(() => read(calls, args));
        return method.apply(this, args);
      };
    };
    const replacements: Readonly<Record<string, (method: Method) => Method>> = {
      send: (send) => this.#wrapSend(send, (event) => event),
      sendRaw: (send) => this.#wrapSend(send, parsedRequest),
      close: before((calls) => calls.closing()),
      _emit: before((calls, [name, event]) => {
        if (name === 'event') calls.received(event);
        else if (name === 'reconnecting') calls.reconnecting();
        else if (name === 'close') calls.closed();
      }),
      _onError: before((calls, [event, message, cause]) => {
        // An error of the server is an event as well.
        if (isRecord(event)) return;
        calls.failed(cause ?? { message });
        this.#sending?.(cause ?? { message });
      }),
    };
    return Object.entries(replacements)
      .filter(([name, wrap]) => patches.apply(prototype, name, wrap) === 'missing')
      .map(([name]) => name);
  }

  /** Ends what is recorded; the sockets continue unobserved. */
  abandonAll(): void {
    for (const calls of [...this.#open]) this.#abandon(calls);
  }

  #wrapSend(send: Method, read: (data: unknown) => unknown): Method {
    const begin = (socket: object, data: unknown) =>
      this.#telemetry.guard.run('Starting a call', () => this.#begin(socket, read(data)));
    const during = (failed: (error: unknown) => void, action: () => unknown) => {
      const outer = this.#sending;
      this.#sending = (error) => this.#telemetry.guard.run('Ending a call', () => failed(error));
      try {
        return action();
      } catch (error) {
        this.#sending(error);
        throw error;
      } finally {
        this.#sending = outer;
      }
    };
    return function (this: unknown, ...args) {
      const failed = isRecord(this) ? begin(this, args[0]) : undefined;
      return failed === undefined ? send.apply(this, args) : during(failed, () => send.apply(this, args));
    };
  }

  #begin(socket: object, event: unknown): ((error: unknown) => void) | undefined {
    const client = asRecord(ownValue(socket, '_client') ?? ownValue(socket, 'client'));
    if (ownValue(event, 'type') !== REQUEST_TYPE || client === undefined || RESPONSES_CREATE === undefined)
      return undefined;
    const call = ClientCall.start(this.#telemetry, RESPONSES_CREATE, client, [event]);
    if (!(call instanceof ClientCall) || !call.observed) return undefined;
    // The client serialises the event at once, and the application may change its objects afterwards.
    call.bodySent(event);
    return this.#callsOf(socket).begin(call, asString(ownValue(event, 'stream_id')) ?? '');
  }

  #callsOf(socket: object): SocketCalls {
    let calls = this.#calls.get(socket);
    if (calls === undefined) {
      calls = new SocketCalls();
      this.#calls.set(socket, calls);
      this.#collected.register(socket, calls);
    }
    this.#open.add(calls);
    return calls;
  }

  #abandon(calls: SocketCalls): void {
    this.#open.delete(calls);
    this.#telemetry.guard.run('Ending a call', () => calls.abandon());
  }
}

/** The event in a text that the application has serialised. */
function parsedRequest(data: unknown): UnknownRecord | undefined {
  return typeof data === 'string' && data.includes(REQUEST_TYPE) ? asRecord(parseJson(data)) : undefined;
}
