import { types } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import { BoundedMap } from '../../bounded-map.js';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';
import { publicAddress, readServerName } from '../../openai-api/mcp-server.js';
import * as semconv from '../../semconv/attributes.js';
import { setIfDefined } from '../../semconv/set-attribute.js';
import { maskSecrets } from '../../text/mask-secrets.js';

/** The server that answers a client's requests, and the connection to it. */
export interface McpConnection {
  /** The server's own name. */
  readonly serverName: string | undefined;
  /** Without credentials and query. */
  readonly serverUrl: string | undefined;
  readonly attributes: Attributes;
}

const PROTOCOL_BY_SCHEME: ReadonlyMap<string, string> = new Map([
  ['http:', 'http'],
  ['https:', 'http'],
  ['ws:', 'websocket'],
  ['wss:', 'websocket'],
]);

/**
 * Reads a client's connection, at each request: the client may have been connected again, by another transport. Classes
 * of the application may derive from those of the SDK, so what the SDK's getters give is read where these find it: in
 * members that are private in the SDK's types, the same in 1.32 and 2.4.
 *
 * @param knownVersion - the version of the protocol, used if the client itself does not have it (sdk 1.x).
 * @param transport - the one that the client is about to be connected with, if it is not connected yet.
 */
export function readMcpConnection(
  client: object,
  knownVersion: string | undefined,
  transport: unknown = memberValue(client, '_transport'),
): McpConnection {
  const url = serverUrl(transport);
  const attributes: Attributes = {};
  setIfDefined(
    attributes,
    semconv.ATTR_MCP_PROTOCOL_VERSION,
    protocolVersion(client, transport) ?? knownVersion,
  );
  setIfDefined(attributes, semconv.ATTR_MCP_SESSION_ID, asNonEmptyString(readState(transport, 'sessionId')));
  if (url !== undefined) addAddress(attributes, url);
  else if (isStdio(transport)) attributes[semconv.ATTR_NETWORK_TRANSPORT] = TRANSPORT_STDIO;
  return {
    serverName: readServerName(memberValue(memberValue(client, '_serverVersion'), 'name')),
    serverUrl: url && publicAddress(url),
    attributes,
  };
}

/** The value of the convention for a process. */
const TRANSPORT_STDIO = 'pipe';

/**
 * Reads the connection that a server object of the Agents SDK is to make.
 *
 * @param params - the parameters of the object: `url`, or `command`.
 */
export function readPlannedConnection(params: unknown): McpConnection {
  const address = asNonEmptyString(ownValue(params, 'url')) ?? '';
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const attributes: Attributes = {};
  if (url !== undefined) addAddress(attributes, url);
  else if (ownValue(params, 'command') !== undefined)
    attributes[semconv.ATTR_NETWORK_TRANSPORT] = TRANSPORT_STDIO;
  return { serverName: undefined, serverUrl: url && publicAddress(url), attributes };
}

function addAddress(attributes: Attributes, url: URL): void {
  attributes[semconv.ATTR_NETWORK_TRANSPORT] = 'tcp';
  setIfDefined(attributes, semconv.ATTR_NETWORK_PROTOCOL_NAME, PROTOCOL_BY_SCHEME.get(url.protocol));
  // An IPv6 address has brackets only within a URL.
  const host = asNonEmptyString(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  setIfDefined(attributes, semconv.ATTR_SERVER_ADDRESS, host && maskSecrets(host));
  setIfDefined(attributes, semconv.ATTR_SERVER_PORT, url.port === '' ? undefined : Number(url.port));
}

/** 2.x knows it for every connection, 1.x only for a connection over HTTP. */
function protocolVersion(client: object, transport: unknown): string | undefined {
  return (
    asNonEmptyString(memberValue(client, '_negotiatedProtocolVersion')) ??
    asNonEmptyString(readState(transport, 'protocolVersion'))
  );
}

/** A getter in some transports, and a property in others. */
function readState(transport: unknown, name: string): unknown {
  return memberValue(transport, name) ?? memberValue(transport, `_${name}`);
}

/** In the HTTP, SSE and WebSocket transports. */
function serverUrl(transport: unknown): URL | undefined {
  const url = memberValue(transport, '_url');
  return !types.isProxy(url) && url instanceof URL ? url : undefined;
}

/** Whether the transport is a process: it has the public members of `StdioClientTransport` in 1.32 and 2.4. */
function isStdio(transport: unknown): boolean {
  if (typeof transport !== 'object' || transport === null || types.isProxy(transport)) return false;
  return 'pid' in transport && 'stderr' in transport;
}

/** Bound of the labels whose servers are known; far more than a process has. */
const MAX_LABELS = 1000;

/** Stands for the names of several servers with one label. */
const AMBIGUOUS = Symbol('several servers');

/** The names that servers gave themselves, by the application's labels. */
const namesByLabel = new BoundedMap<string, string | typeof AMBIGUOUS>(MAX_LABELS);

/** Notes that the server with this label has this name. */
export function learnServerName(label: string | undefined, name: string | undefined): void {
  if (label === undefined || name === undefined) return;
  const known = namesByLabel.get(label);
  if (known === name) return;
  namesByLabel.set(label, known === undefined ? name : AMBIGUOUS);
}

/** Returns the name of the server with this label; `undefined` if it never answered, or if several have the label. */
export function serverNameOf(label: string | undefined): string | undefined {
  const known = label === undefined ? undefined : namesByLabel.get(label);
  return typeof known === 'string' ? known : undefined;
}
