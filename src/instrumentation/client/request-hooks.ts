/**
 * The hooks of the client's own methods `get`, `post` …, through which each request of its resources passes too. A
 * request that no model call has made is a call of its own.
 */

import { types } from 'node:util';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import type { ClientOperation } from '../../openai-api/client-operation.js';
import { CLIENT_OPERATIONS } from '../../openai-api/client-operations.js';
import { findRoute, type RequestedRoute } from '../../openai-api/routes.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { ListMethod, Method, MethodPatches, Sharing } from '../patching/method-patches.js';
import { isInsideClientCall } from './call-context.js';
import { activeOtherCall, insideOtherCall, OtherCall } from './other-call.js';

interface RequestHooks {
  telemetryOf(client: object): Telemetry;
  readonly sharing: Sharing;
  /** Records the request as a call of the operation, and returns the result of the method. */
  callModel(
    client: UnknownRecord,
    operation: ClientOperation,
    method: Method,
    args: readonly unknown[],
  ): unknown;
}

/** A request as the client's method gets it. */
interface ClientRequest {
  readonly verb: string;
  readonly path: string | undefined;
  /** The request's options, body included; a promise of them if the body is a form. */
  readonly options: unknown;
}

/** Private in the SDK's types, the same in 5.0.1 to 7.57.0. Without them only these calls are missed. */
const READERS: Readonly<Record<string, (args: readonly unknown[]) => ClientRequest>> = {
  methodRequest: ([verb, path, options]) => ({
    verb: asNonEmptyString(verb) ?? '',
    path: asNonEmptyString(path),
    options,
  }),
  getAPIList: ([path, , options]) => ({
    verb: asNonEmptyString(ownValue(options, 'method')) ?? 'get',
    path: asNonEmptyString(path),
    options,
  }),
  // The next page of a list.
  requestAPIList: ([, options]) => ofOptions(options),
  request: ([options]) => ofOptions(options),
};

function ofOptions(options: unknown): ClientRequest {
  return {
    verb: asNonEmptyString(ownValue(options, 'method')) ?? '',
    path: asNonEmptyString(ownValue(options, 'path')),
    options,
  };
}

/** @param prototype - of the client's class. */
export function hookRequests(prototype: object, patches: MethodPatches, hooks: RequestHooks): void {
  for (const [name, read] of Object.entries(READERS)) {
    patches.applyList(prototype, name, (method) => wrapRequest(method, read, hooks), hooks.sharing);
  }
}

function wrapRequest(
  method: Method,
  read: (args: readonly unknown[]) => ClientRequest,
  hooks: RequestHooks,
): ListMethod {
  return (receiver, args) => {
    const client = asRecord(receiver);
    if (client === undefined || isInsideClientCall(client)) return Reflect.apply(method, receiver, args);
    // These methods call each other, and the first one has recorded the call.
    if (activeOtherCall(client)?.hasBegun === false) return Reflect.apply(method, receiver, args);
    return recordRequest(client, method, args, read, hooks);
  };
}

function recordRequest(
  client: UnknownRecord,
  method: Method,
  args: readonly unknown[],
  read: (args: readonly unknown[]) => ClientRequest,
  hooks: RequestHooks,
): unknown {
  const telemetry = hooks.telemetryOf(client);
  const { guard } = telemetry;
  const send = () => Reflect.apply(method, client, args);
  const request = guard.run('Reading a request', () => read(args));
  if (request === undefined) return send();
  const route = guard.run('Reading a request', () => routeOf(request, client));
  const operation = route && guard.run('Reading a request', () => modelOperation(request, route));
  if (operation !== undefined) return hooks.callModel(client, operation, method, args);
  if (!telemetry.otherCalls) return send();
  const call = guard.run('Starting a call', () => new OtherCall(telemetry, client, { ...request, route }));
  if (call === undefined) return send();
  try {
    const returned = insideOtherCall(call, send);
    call.expectRequest();
    return returned;
  } catch (error) {
    guard.run('Ending a call', () => call.fail(error));
    throw error;
  }
}

function routeOf({ verb, path }: ClientRequest, { baseURL }: UnknownRecord): RequestedRoute | undefined {
  return path === undefined ? undefined : findRoute(verb, path, asNonEmptyString(baseURL));
}

/** Stands for a body that cannot be read before it is sent: like every Proxy it is not data. */
const UNKNOWN_BODY = new Proxy({}, {});

/** The operations by the names of the routes. */
let operationsByName: ReadonlyMap<string, ClientOperation> | undefined;

/**
 * Returns the operation of a request that an application sends by path: `client.post('/chat/completions', …)`. It reads
 * its arguments from the request.
 */
function modelOperation(request: ClientRequest, { name, ids }: RequestedRoute): ClientOperation | undefined {
  operationsByName ??= new Map(
    CLIENT_OPERATIONS.map((operation) => [
      [...operation.resource, operation.method].map(lowerFirst).join('.'),
      operation,
    ]),
  );
  const operation = operationsByName.get(name);
  if (operation === undefined) return undefined;
  const members = operation.pathMembers?.(ids) ?? {};
  const { options } = request;
  return { ...operation, readArguments: () => ({ body: bodyOf(request), members, options }) };
}

/** The members of the request that the body has, or the query if there is no body. */
function bodyOf({ verb, options }: ClientRequest): unknown {
  if (verb.toLowerCase() !== 'post') return ownValue(options, 'query');
  const body = types.isPromise(options) ? undefined : ownValue(options, 'body');
  // A text is the body itself if the application has named its type, and else the client encodes it.
  return typeof body === 'object' && body !== null ? body : UNKNOWN_BODY;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
