import { types } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import { asNonEmptyString } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';
import { publicAddress } from '../../openai-api/mcp-server.js';
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
 */
export function readMcpConnection(client: object, knownVersion: string | undefined): McpConnection {
  const transport = memberValue(client, '_transport');
  const url = serverUrl(transport);
  const attributes: Attributes = {};
  setIfDefined(
    attributes,
    semconv.ATTR_MCP_PROTOCOL_VERSION,
    protocolVersion(client, transport) ?? knownVersion,
  );
  setIfDefined(attributes, semconv.ATTR_MCP_SESSION_ID, asNonEmptyString(readState(transport, 'sessionId')));
  if (url !== undefined) {
    setIfDefined(attributes, semconv.ATTR_NETWORK_TRANSPORT, 'tcp');
    setIfDefined(attributes, semconv.ATTR_NETWORK_PROTOCOL_NAME, PROTOCOL_BY_SCHEME.get(url.protocol));
    // An IPv6 address has brackets only within a URL.
    setIfDefined(
      attributes,
      semconv.ATTR_SERVER_ADDRESS,
      asNonEmptyString(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    );
    setIfDefined(attributes, semconv.ATTR_SERVER_PORT, url.port === '' ? undefined : Number(url.port));
  } else if (isStdio(transport)) {
    setIfDefined(attributes, semconv.ATTR_NETWORK_TRANSPORT, 'pipe');
  }
  return {
    serverName: asNonEmptyString(memberValue(memberValue(client, '_serverVersion'), 'name')),
    serverUrl: url && maskSecrets(publicAddress(url)),
    attributes,
  };
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
