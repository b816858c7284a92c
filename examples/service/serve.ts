/** A service on its port, and its orderly end. */
import cluster from 'node:cluster';
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { ServiceVariables } from './environment.js';
import type { HttpService } from './http-service.js';
import type { Logger } from './logger.js';

export interface Listening {
  /** `http://127.0.0.1:8080`, without a slash at the end. */
  readonly url: string;
  /** Accepts no more connections, lets answers finish for `SHUTDOWN_SECONDS`, and then cuts what is left. */
  close(): Promise<void>;
}

type ListenVariables = Pick<ServiceVariables, 'PORT' | 'HOST' | 'SHUTDOWN_SECONDS'>;

/**
 * @throws Error - naming the port that is taken.
 */
export async function listen(app: HttpService, environment: ListenVariables): Promise<Listening> {
  const { PORT, HOST, SHUTDOWN_SECONDS } = environment;
  let closing = false;
  // It replaces the global Request: the limit of bodies makes new ones from those of this listener.
  const answer = getRequestListener(app.fetch);
  const server = createServer((incoming, outgoing) => {
    // A connection that is kept alive must not keep a closing server alive.
    if (closing) outgoing.setHeader('connection', 'close');
    void answer(incoming, outgoing);
  });
  const url = await listening(server, PORT, HOST);
  return {
    url,
    close: () => {
      closing = true;
      return closed(server, SHUTDOWN_SECONDS * 1_000);
    },
  };
}

export interface ServeOptions {
  readonly name: string;
  readonly environment: ListenVariables;
  readonly logger: Logger;
  /** Called when the last answer is over: close what the service has opened, and stop telemetry last. */
  readonly onClose: () => Promise<void>;
}

/**
 * Listens, and prints the address. Reports `{ type: 'ready', url }` to a parent process. SIGTERM, SIGINT and the message
 * `{ type: 'close' }` close the service and end the process with code 0; the same signal again ends it at once.
 */
export async function serve(app: HttpService, options: ServeOptions): Promise<Listening> {
  const { name, environment, logger, onClose } = options;
  const service = await listen(app, environment);
  let closing: string | undefined;
  const close = (reason: string) => {
    if (closing === reason) process.exit(1);
    if (closing !== undefined) return;
    closing = reason;
    logger.info({ reason }, 'closing');
    end().catch((error: unknown) => {
      logger.error({ err: error }, 'closing failed');
      process.exit(1);
    });
  };
  const end = async () => {
    await service.close();
    await onClose();
    logger.info('closed');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, close);
  process.on('message', (message: { type?: unknown }) => {
    if (message.type === 'close') close('close');
  });
  // Workers share an address, which their parent prints.
  if (!cluster.isWorker) console.log(`${name}: ${service.url}`);
  process.send?.({ type: 'ready', url: service.url });
  return service;
}

function listening(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const fix = error.code === 'EADDRINUSE' ? 'set PORT to a free one, or to 0 for any' : error.message;
      reject(new Error(`Cannot listen on ${host}:${port}: ${fix}.`, { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === 'string')
        return reject(new Error('The server has no port.'));
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      resolve(`http://${name}:${address.port}`);
    });
  });
}

function closed(server: Server, millis: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), millis);
    // It also closes connections on which nothing happens. A second call only reports that the server is closed.
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
