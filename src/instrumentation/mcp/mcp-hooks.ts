/** The hooks of the MCP SDK's client. Every request goes through one public method, `request()`, in 1.x and in 2.x. */
import { types } from 'node:util';
import { type Context, context, createContextKey, propagation } from '@opentelemetry/api';
import { ownValue } from '../../json/own-data.js';
import { asMembers, asNumber, asRecord, isRecord } from '../../json/readers.js';
import { METHOD_TOOLS_CALL, mcpOperation } from '../../openai-api/mcp-server.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { PACKAGE_NAME } from '../../version.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { chained, observeBeside, type PromiseObserver } from '../patching/promise-observer.js';
import { methodOwner, prototypeOf } from '../patching/prototypes.js';
import { readMcpConnection } from './mcp-connection.js';
import { isAbortedByCaller } from './mcp-failure.js';
import { Handshakes, labelOf } from './mcp-handshake.js';
import { McpRequest } from './mcp-request.js';
import { getMcpCallSlot } from './mcp-span-slot.js';

/**
 * Wraps the client's `request()`, `callTool()` and `connect()`. Idempotent. Each call covers one copy of the SDK, since
 * the copies have different classes.
 *
 * @param clientClass - the class `Client`, or one derived from it.
 * @returns the expected methods that are missing, for a warning.
 */
export function hookMcpClient(clientClass: object, patches: MethodPatches, telemetry: Telemetry): string[] {
  const requests = methodOwner(prototypeOf(clientClass), 'request');
  if (requests === undefined) return ['Client.prototype.request'];
  const handshakes = new Handshakes();
  patches.apply(requests, 'request', (request) => wrapRequest(request, telemetry, handshakes));
  // The class of the base has a method `connect()` as well, which makes no handshake.
  const client = methodOwner(prototypeOf(clientClass), 'callTool');
  if (client === undefined) return ['Client.prototype.callTool'];
  patches.apply(client, 'callTool', (callTool) => wrapCallTool(callTool, telemetry));
  if (!Object.hasOwn(client, 'connect')) return ['Client.prototype.connect'];
  patches.apply(client, 'connect', (connect) => handshakes.wrapConnect(connect, telemetry));
  return [];
}

function wrapRequest(request: Method, telemetry: Telemetry, handshakes: Handshakes): Method {
  const { guard } = telemetry;
  return function (this: unknown, ...args) {
    const call = guard.run('Starting an MCP request', () => {
      const client = asRecord(this);
      const operation = mcpOperation(ownValue(args[0], 'method'));
      if (client === undefined || operation === undefined) return undefined;
      const slot = getMcpCallSlot(context.active());
      return new McpRequest(telemetry, {
        operation,
        connection: readMcpConnection(client, handshakes.versionOf(client)),
        label: slot?.serverName ?? labelOf(client),
        request: args[0],
        slot,
      });
    });
    if (call !== undefined) return send(call, request, this, args, telemetry);
    const returned = request.apply(this, args);
    guard.run('Reading an MCP handshake', () => handshakes.observe(this, args, returned));
    return returned;
  };
}

function send(
  call: McpRequest,
  request: Method,
  client: unknown,
  args: readonly unknown[],
  { guard }: Telemetry,
): unknown {
  // The propagators are the application's code: if one throws, the request is sent without the trace.
  const sent = guard.run('Passing the trace on', () => withTraceMeta(args, call.context)) ?? args;
  const answer = takeToolAnswer(client, args);
  const observer: PromiseObserver = {
    resolved: (result) => {
      guard.run('Ending an MCP request', () =>
        answer === undefined ? call.succeed(result) : answer.hold(call, result),
      );
    },
    rejected: (error) => {
      guard.run('Ending an MCP request', () => {
        answer?.failed();
        if (isAbortedByCaller(args)) call.cancel();
        else call.fail(error);
      });
    },
  };
  const id = nextRequestId(client);
  const start = () => {
    const returned = context.with(call.context, () => request.apply(client, [...sent]));
    if (id !== undefined && nextRequestId(client) === id + 1) call.sent(id);
    return returned;
  };
  if (answer === undefined) return chained(start, observer);
  // `callTool()` awaits the answer, and the application gets the promise of that.
  return observed(start, observer);
}

function observed(start: () => unknown, observer: PromiseObserver): unknown {
  try {
    const returned = start();
    if (types.isPromise(returned)) observeBeside(returned, observer);
    else observer.resolved(returned);
    return returned;
  } catch (error) {
    observer.rejected(error);
    throw error;
  }
}

/** The answer of a tool, which the client compares with the tool's output schema before it hands the answer on. */
class ToolAnswer {
  readonly client: unknown;
  #awaits = true;
  #held: { readonly call: McpRequest; readonly result: unknown } | undefined;

  constructor(client: unknown) {
    this.client = client;
  }

  /** @returns whether the request is the one that `callTool()` makes. */
  take(client: unknown): boolean {
    const takes = this.#awaits && this.client === client;
    if (takes) this.#awaits = false;
    return takes;
  }

  hold(call: McpRequest, result: unknown): void {
    this.#held = { call, result };
  }

  /** `callTool()` may make the request again. */
  failed(): void {
    this.#awaits = true;
  }

  accepted(): void {
    this.#held?.call.succeed(this.#held.result);
  }

  refused(error: unknown): void {
    this.#held?.call.refuse(this.#held.result, error);
  }
}

const TOOL_ANSWER_KEY = createContextKey(`${PACKAGE_NAME} MCP tool answer`);

function takeToolAnswer(client: unknown, [request]: readonly unknown[]): ToolAnswer | undefined {
  if (ownValue(request, 'method') !== METHOD_TOOLS_CALL) return undefined;
  const answer = context.active().getValue(TOOL_ANSWER_KEY) as ToolAnswer | undefined;
  return answer?.take(client) === true ? answer : undefined;
}

function wrapCallTool(callTool: Method, { guard }: Telemetry): Method {
  return function (this: unknown, ...args) {
    const active = context.active();
    const around = active.getValue(TOOL_ANSWER_KEY) as ToolAnswer | undefined;
    // A derived class calls the method of its base.
    if (around?.client === this) return callTool.apply(this, args);
    const answer = new ToolAnswer(this);
    return chained(
      () => context.with(active.setValue(TOOL_ANSWER_KEY, answer), () => callTool.apply(this, args)),
      {
        resolved: () => guard.run('Ending an MCP request', () => answer.accepted()),
        rejected: (error) => guard.run('Ending an MCP request', () => answer.refused(error)),
      },
    );
  };
}

/**
 * Finds the class `Client` of an MCP SDK in the exports of `@modelcontextprotocol/client` (2.x) or
 * `@modelcontextprotocol/sdk/client/index.js` (1.x). The value may also be that class or one derived from it.
 */
export function findMcpClientClass(value: unknown): object | undefined {
  const members = asMembers(value);
  const candidates = [value, members?.Client, asMembers(members?.default)?.Client];
  return candidates.find(isClientClass);
}

/** `callTool()` distinguishes the class from others that have `request()`. */
function isClientClass(value: unknown): value is object {
  if (typeof value !== 'function') return false;
  const prototype = asMembers(value.prototype);
  return typeof prototype?.request === 'function' && typeof prototype.callTool === 'function';
}

/**
 * Returns the id of the client's next request. The client counts in a member that is private in its types, and takes
 * the number within `request()` (1.32 and 2.4).
 */
function nextRequestId(client: unknown): number | undefined {
  return asNumber(ownValue(client, '_requestMessageId'));
}

/**
 * Returns the arguments of a request with the trace in `params._meta` (SEP-414): `traceparent`, `tracestate`,
 * `baggage`, or the fields of the application's propagators. The application's objects are copied and stay as they are.
 *
 * Returns the same arguments if there is nothing to add, if the application has put a trace there itself, or if
 * the request, `params` or `_meta` is not a plain object with nothing but data: copying it would run its getters.
 *
 * @param args - of the client's `request()`; the first one is `{ method, params }`.
 */
export function withTraceMeta(args: readonly unknown[], context: Context): readonly unknown[] {
  const [request, ...rest] = args;
  if (!isPlain(request)) return args;
  const { params = {} } = request;
  if (!isPlain(params)) return args;
  const { _meta: meta = {} } = params;
  if (!isPlain(meta) || meta.traceparent !== undefined) return args;

  const carrier: Record<string, string> = {};
  propagation.inject(context, carrier);
  if (Object.keys(carrier).length === 0) return args;
  return [{ ...request, params: { ...params, _meta: { ...carrier, ...meta } } }, ...rest];
}

/** Only a plain object stays the same when it is copied: another one may have a JSON form of its own (`toJSON`). */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (types.isProxy(value) || !isRecord(value)) return false;
  for (const key of Reflect.ownKeys(value)) {
    if (Object.getOwnPropertyDescriptor(value, key)?.get !== undefined) return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === null || prototype === Object.prototype) && !('toJSON' in value);
}
