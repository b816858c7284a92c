import { spawn } from 'node:child_process';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import { RunningView } from './running-view.js';

/** The options of the command line. */
export interface ViewFlags {
  readonly follow: boolean;
  readonly open: boolean;
  readonly host: string;
  readonly port?: number;
  readonly traceLink?: string;
}

/** Serves the page until the user ends the command. */
export async function viewCommand(
  run: CommandRun,
  files: readonly string[],
  flags: ViewFlags,
): Promise<ExitCode> {
  const { follow, host, port = 0, traceLink } = flags;
  let view: RunningView;
  try {
    view = await RunningView.start({
      inputs: run.inputs(files),
      follow,
      host,
      port,
      traceLink,
      onError: (error) =>
        run.messages.print(`internal error: ${error instanceof Error ? error.stack : String(error)}`),
    });
  } catch (error) {
    run.messages.print(listenFailure(error as NodeJS.ErrnoException, host, port));
    return EXIT.usage;
  }
  const ended = untilSignal();
  run.output.line([view.url]);
  await run.output.flush();
  run.messages.print('press Ctrl-C to end');
  if (flags.open) openBrowser(view.url);
  await ended;
  await view.close();
  return EXIT.ok;
}

function listenFailure({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `--port ${port}: another program listens there; use another port, or leave out --port`;
    case 'EACCES':
      return `--port ${port}: no permission to listen there; use a port above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `--host ${host}: is not an address of this machine; use 127.0.0.1`;
    default:
      return `cannot listen on ${host}:${port}: ${message}`;
  }
}

/** Resolves with the first SIGINT or SIGTERM. The second one ends the process, as without us. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
      resolve();
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
  });
}

/** Opens the user's browser. Without one the user has the printed URL. */
function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open']
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '""']
        : ['xdg-open'];
  try {
    const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
    child.once('error', () => {});
    child.unref();
  } catch {
    // The system does not let us start programs.
  }
}
