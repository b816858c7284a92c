import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { OTLP_PROTOCOLS, oneWordOf, wordsOf } from '../../environment/otel-variables.js';
import { showValue } from '../../text/show-value.js';
import type { EnvironmentVariables } from '../output/output.js';
import { type Check, checksOf } from './check.js';

const { ok, warn, wrong } = checksOf('exporter');

/** A receiver that needs longer also makes an exporter slow. */
const PROBE_MS = 2_000;

const SIGNALS = ['traces', 'metrics', 'logs'] as const;
type ExportedSignal = (typeof SIGNALS)[number];

const HTTP_PORT = '4318';
const GRPC_PORT = '4317';

/** The place where one signal goes. */
interface Destination {
  readonly signal: ExportedSignal;
  readonly protocol: string;
  readonly url: URL;
  /** The variable that names it; `undefined` for the default. */
  readonly variable: string | undefined;
}

/**
 * Checks the `OTEL_EXPORTER_OTLP_*` variables, and whether the receivers answer. Sends no data and no header of the user.
 */
export async function exporterChecks(env: EnvironmentVariables): Promise<Check[]> {
  const read = SIGNALS.filter((signal) => isExported(signal, env)).map((signal) =>
    destinationOf(signal, env),
  );
  const destinations = read.flatMap((entry) => ('url' in entry ? [entry] : []));
  const checks = [
    ...headerChecks(env),
    ...read.flatMap((entry) => ('url' in entry ? staticChecks(entry) : [entry])),
  ];
  const ca = certificate(env);
  if (ca !== undefined && 'level' in ca) return [...checks, ca];
  // Signals usually share one receiver, which is asked once.
  const receivers = new Map<string, Destination>();
  for (const to of destinations) {
    const key = `${to.protocol === 'grpc'} ${to.url.origin}`;
    if (!receivers.has(key)) receivers.set(key, to);
  }
  const probed = await Promise.all([...receivers.values()].map((to) => probe(to, ca?.pem)));
  return [...checks, ...probed];
}

/** Metrics and logs have no exporter unless a variable asks for it. */
function isExported(signal: ExportedSignal, env: EnvironmentVariables): boolean {
  const exporters = wordsOf(env[`OTEL_${signal.toUpperCase()}_EXPORTER`]);
  if (exporters.length > 0) return exporters.includes('otlp');
  return signal === 'traces' || value(env, endpointVariable(signal)) !== undefined;
}

function endpointVariable(signal: ExportedSignal): string {
  return `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`;
}

function value(env: EnvironmentVariables, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

function destinationOf(signal: ExportedSignal, env: EnvironmentVariables): Destination | Check {
  const protocolVariable = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_PROTOCOL`;
  const named = [protocolVariable, 'OTEL_EXPORTER_OTLP_PROTOCOL'].find(
    (name) => value(env, name) !== undefined,
  );
  const protocol = named === undefined ? 'http/protobuf' : oneWordOf(OTLP_PROTOCOLS, env[named]);
  if (protocol === undefined) {
    const text = `${named} is ${showValue(value(env, String(named)))}; it must be ${OTLP_PROTOCOLS.join(', ')}`;
    return wrong('protocol', text, `unset ${named}`);
  }
  const own = value(env, endpointVariable(signal));
  const shared = value(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const variable = own !== undefined ? endpointVariable(signal) : shared && 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const text = own ?? shared ?? `http://localhost:${protocol === 'grpc' ? GRPC_PORT : HTTP_PORT}`;
  const url = parsedUrl(text, protocol);
  if (url === undefined) {
    const example = `http://localhost:${protocol === 'grpc' ? GRPC_PORT : HTTP_PORT}`;
    return wrong('endpoint', `${variable} is not an http or https URL`, `set ${variable}=${example}`);
  }
  // The SDK appends the path to the shared endpoint alone.
  if (own === undefined && protocol !== 'grpc') {
    url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal}`;
  }
  return { signal, protocol, url, variable };
}

function parsedUrl(text: string, protocol: string): URL | undefined {
  // gRPC accepts `host:port`.
  const whole = protocol === 'grpc' && !text.includes('://') ? `http://${text}` : text;
  if (!URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  return /^https?:$/.test(url.protocol) ? url : undefined;
}

function staticChecks({ signal, protocol, url, variable }: Destination): Check[] {
  const isGrpc = protocol === 'grpc';
  if (!isGrpc && url.port === GRPC_PORT) {
    const text = `${protocol} goes to port ${GRPC_PORT}, where receivers usually speak gRPC`;
    return [wrong('endpoint', text, `use port ${HTTP_PORT}, or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc`)];
  }
  if (isGrpc && url.port === HTTP_PORT) {
    const text = `gRPC goes to port ${HTTP_PORT}, where receivers usually speak HTTP`;
    return [
      wrong('endpoint', text, `use port ${GRPC_PORT}, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`),
    ];
  }
  if (isGrpc || variable !== endpointVariable(signal) || url.pathname !== '/') return [];
  const text = `${variable} has no path, and the SDK appends none to it`;
  return [wrong('endpoint', text, `append /v1/${signal} to it, or use OTEL_EXPORTER_OTLP_ENDPOINT`)];
}

/** Checks the form of headers by the names of the variables alone, since a value is usually a credential. */
function headerChecks(env: EnvironmentVariables): Check[] {
  const variables = ['', ...SIGNALS.map((signal) => `${signal.toUpperCase()}_`)].map(
    (part) => `OTEL_EXPORTER_OTLP_${part}HEADERS`,
  );
  return variables.flatMap((variable) => {
    const text = value(env, variable);
    if (text === undefined) return [];
    const pairs = text.split(',').filter((pair) => pair.trim() !== '');
    if (pairs.every((pair) => /^\s*[!#$%&'*+.^_`|~\w-]+\s*=/.test(pair))) return [];
    const fix = `set ${variable}=name=value,name=value, with %20 for a blank`;
    return [wrong('headers', `${variable} is not a list of name=value (its value is not shown)`, fix)];
  });
}

function certificate(env: EnvironmentVariables): { readonly pem: string } | Check | undefined {
  const variable = ['OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CERTIFICATE'].find(
    (name) => value(env, name) !== undefined,
  );
  if (variable === undefined) return undefined;
  const file = String(value(env, variable));
  try {
    return { pem: readFileSync(file, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return wrong('certificate', `${variable} names ${showValue(file)}, which cannot be read (${code})`);
  }
}

async function probe(to: Destination, ca: string | undefined): Promise<Check> {
  const place = shownUrl(to.url);
  const source =
    to.variable === undefined ? 'the default, as no variable names another' : `of ${to.variable}`;
  const answer = to.protocol === 'grpc' ? await connect(to.url, ca) : await get(to.url, ca);
  if ('failure' in answer) {
    const text = `${place} (${source}) cannot be reached: ${answer.failure}`;
    // An application may have an exporter of its own, which the variables do not show.
    return to.variable === undefined
      ? warn('reachable', text, 'start a receiver, or set OTEL_EXPORTER_OTLP_ENDPOINT')
      : wrong('reachable', text, `start the receiver, or correct ${to.variable}`);
  }
  const { status } = answer;
  if (status === undefined) return ok('reachable', `${place} accepts connections`);
  if (status === 404 || (status >= 300 && status < 400)) {
    const text = `${place} (${source}) answers ${status} to a GET`;
    return warn('reachable', text, 'check the path if no spans arrive');
  }
  return ok('reachable', `${place} answers (HTTP ${status} to a GET without data)`);
}

type ProbeAnswer = { readonly status?: number } | { readonly failure: string };

function get(url: URL, ca: string | undefined): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const { request } = url.protocol === 'https:' ? https : http;
    // Without user and password, which are credentials.
    const { hostname, port, pathname } = url;
    const options = { hostname: hostname.replace(/^\[|\]$/g, ''), port, path: pathname, agent: false };
    const sent = request({ ...options, ...(ca !== undefined && { ca }) }, (response) => {
      response.destroy();
      clearTimeout(timer);
      resolve({ ...(response.statusCode !== undefined && { status: response.statusCode }) });
    });
    const timer = setTimeout(() => {
      sent.destroy();
      resolve({ failure: `no answer within ${PROBE_MS / 1000} s` });
    }, PROBE_MS);
    sent.on('error', (error) => {
      clearTimeout(timer);
      resolve({ failure: reasonOf(error) });
    });
    sent.end();
  });
}

/** Opens a connection and closes it: a receiver of gRPC speaks HTTP/2 only. */
function connect(url: URL, ca: string | undefined): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const secure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port || (secure ? 443 : 80));
    const socket = secure
      ? tls.connect({
          host,
          port,
          servername: net.isIP(host) === 0 ? host : '',
          ...(ca !== undefined && { ca }),
        })
      : net.connect({ host, port });
    const end = (answer: ProbeAnswer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end({ failure: `no connection within ${PROBE_MS / 1000} s` }), PROBE_MS);
    socket.once(secure ? 'secureConnect' : 'connect', () => end({}));
    socket.once('error', (error) => end({ failure: reasonOf(error) }));
  });
}

/** An error of several addresses has no text of its own. A parser's error means that the port does not speak HTTP. */
function reasonOf(error: Error): string {
  const { code, message, errors } = error as NodeJS.ErrnoException & {
    errors?: readonly NodeJS.ErrnoException[];
  };
  if (code?.startsWith('HPE_')) return `it does not speak HTTP/1.1 (${code})`;
  return code ?? errors?.[0]?.code ?? message;
}

/** Neither user, password and query, nor a path of the user's own, which may hold a key. */
function shownUrl({ protocol, host, pathname }: URL): string {
  const standard = /\/v1\/(traces|metrics|logs)$/.exec(pathname)?.[0] ?? '';
  const hidden = pathname.length - standard.length > 1 ? '/…' : '';
  return `${protocol}//${host}${hidden}${standard}`;
}
