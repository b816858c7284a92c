/** A service in several processes that listen on one port. */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { ServiceVariables } from './environment.js';
import type { Logger } from './logger.js';

export interface WorkersOptions {
  readonly name: string;
  readonly environment: Pick<ServiceVariables, 'WORKERS'>;
  readonly logger: Logger;
  /** Variables that the workers get in addition. */
  readonly env: Readonly<Record<string, string>>;
  /** Called when the last worker has ended. */
  readonly onClose: () => Promise<void>;
}

/** A worker that ends sooner than this after its start has a lasting problem. */
const SOON_MILLIS = 5_000;

/** Whether this process is to start workers, and serves nothing itself. */
export function startsWorkers({ WORKERS }: Pick<ServiceVariables, 'WORKERS'>): boolean {
  return cluster.isPrimary && WORKERS > 1;
}

/**
 * Starts the workers, replaces one that dies, and ends with all of them at SIGTERM or SIGINT. Prints the address, and
 * reports `{ type: 'ready', url }` to a parent process, when all listen.
 */
export async function startWorkers(options: WorkersOptions): Promise<void> {
  const { name, environment, logger, env, onClose } = options;
  let closing = false;
  const running = new Set<Worker>();

  const start = (): Promise<string> => {
    const worker = cluster.fork(env);
    const startedAt = Date.now();
    running.add(worker);
    const ready = addressOf(worker);
    worker.once('exit', (code, signal) => {
      running.delete(worker);
      if (closing) return;
      logger.error({ worker: worker.id, code, signal }, 'a worker has ended');
      if (Date.now() - startedAt < SOON_MILLIS) process.exit(1);
      start().catch((error: unknown) => logger.error({ err: error }, 'a worker does not start'));
    });
    return ready;
  };

  const close = async () => {
    closing = true;
    const ended = [...running].map((worker) => once(worker, 'exit'));
    // Not a signal: at Ctrl-C the workers have one from the terminal already.
    for (const worker of running) worker.send({ type: 'close' });
    await Promise.all(ended);
    await onClose();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (closing) process.exit(1);
      void close();
    });
  }

  const [url] = await Promise.all(Array.from({ length: environment.WORKERS }, start));
  console.log(`${name}: ${url} (${environment.WORKERS} workers)`);
  process.send?.({ type: 'ready', url });
}

function addressOf(worker: Worker): Promise<string> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: { type?: unknown; url?: unknown }) => {
      if (message.type === 'ready' && typeof message.url === 'string') resolve(message.url);
    });
    worker.once('exit', (code) => reject(new Error(`Worker ${worker.id} ended with code ${code}.`)));
  });
}
