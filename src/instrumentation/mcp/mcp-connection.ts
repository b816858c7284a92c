import type { Attributes } from '@opentelemetry/api';
import { asFunction, asRecord, asText, type ForeignRecord } from '../../foreign/read.js';
import {
  ATTR_MCP_PROTOCOL_VERSION,
  ATTR_MCP_SESSION_ID,
  ATTR_NETWORK_PROTOCOL_NAME,
  ATTR_NETWORK_TRANSPORT,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '../../semconv/attributes.js';
import { setPresent } from '../../semconv/present-attribute.js';
import { maskSecrets } from '../../semconv/secrets.js';
import { publicAddress } from './server-name.js';

/** Who answers a client's requests, and over what. */
export interface McpConnection {
  /** What the server calls itself. */
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
 * Read at each request: a client may be connected again, by another transport.
 *
 * @param knownVersion - the protocol's version where the client itself does not tell it (sdk 1.x).
 */
export function readMcpConnection(client: ForeignRecord, knownVersion: string | undefined): McpConnection {
  const transport = asRecord(client.transport);
  const url = serverUrl(transport);
  const attributes: Attributes = {};
  setPresent(attributes, ATTR_MCP_PROTOCOL_VERSION, protocolVersion(client, transport) ?? knownVersion);
  setPresent(attributes, ATTR_MCP_SESSION_ID, asText(transport?.sessionId));
  if (url !== undefined) {
    setPresent(attributes, ATTR_NETWORK_TRANSPORT, 'tcp');
    setPresent(attributes, ATTR_NETWORK_PROTOCOL_NAME, PROTOCOL_BY_SCHEME.get(url.protocol));
    // An IPv6 address is in brackets only within a URL.
    setPresent(attributes, ATTR_SERVER_ADDRESS, asText(url.hostname.replace(/^\[(.*)\]$/, '$1')));
    setPresent(attributes, ATTR_SERVER_PORT, url.port === '' ? undefined : Number(url.port));
  } else if (isStdio(transport)) {
    setPresent(attributes, ATTR_NETWORK_TRANSPORT, 'pipe');
  }
  return {
    serverName: asText(asRecord(call(client, 'getServerVersion'))?.name),
    serverUrl: url && maskSecrets(publicAddress(url)),
    attributes,
  };
}

/** 2.x tells it of every connection, 1.x only of one over HTTP. */
function protocolVersion(client: ForeignRecord, transport: ForeignRecord | undefined): string | undefined {
  return asText(call(client, 'getNegotiatedProtocolVersion')) ?? asText(transport?.protocolVersion);
}

/** Private in the SDK's types, the same in the HTTP, SSE and WebSocket transports of 1.32 and 2.4. */
function serverUrl(transport: ForeignRecord | undefined): URL | undefined {
  return transport?._url instanceof URL ? transport._url : undefined;
}

/** A transport that is a process: public members of `StdioClientTransport` in 1.32 and 2.4. */
function isStdio(transport: ForeignRecord | undefined): boolean {
  return transport !== undefined && 'pid' in transport && 'stderr' in transport;
}

function call(target: ForeignRecord, method: string): unknown {
  return asFunction(target[method])?.call(target);
}
