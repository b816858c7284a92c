import { spawn } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import type { TextLine } from '../output/text-line.js';
import { readEvidence } from '../verify/verified-inputs.js';
import { RunningView } from './running-view.js';

/** The options of the command line. */
export interface ViewFlags {
  readonly follow: boolean;
  readonly open: boolean;
  readonly host: string;
  readonly port?: number;
  /** The port of the receiver and the page; `true` without a number. */
  readonly listen?: number | true;
  /** Bytes of received events that are kept. */
  readonly maxSize: number;
  readonly traceLink?: string;
  readonly publicKey: readonly string[];
  readonly witnessKey: readonly string[];
  readonly anchor: readonly string[];
}

/** One more than the port on which a Collector takes OTLP over HTTP, which may run on this machine. */
export const DEFAULT_LISTEN_PORT = 4319;

/**
 * How much the heap of each thread may grow, in percent of what is in use, before V8 collects it. Usually it may nearly
 * double. The view of 1 GB takes 412 MB that way instead of 482 to 522 (`npm run bench:viewer -- 1000`).
 */
const HEAP_GROWTH_PERCENT = 40;

/** Serves the page until the user ends the command. */
export async function viewCommand(
  run: CommandRun,
  files: readonly string[],
  flags: ViewFlags,
): Promise<ExitCode> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const { follow, host, listen, maxSize, traceLink } = flags;
  const port = listen === true ? DEFAULT_LISTEN_PORT : (listen ?? flags.port ?? 0);
  const named = { publicKeys: flags.publicKey, witnessKeys: flags.witnessKey, anchors: flags.anchor };
  const given = await readEvidence(named, run.messages);
  if (given === undefined) return EXIT.usage;
  let view: RunningView;
  try {
    view = await RunningView.start({
      inputs: files.length === 0 && listen !== undefined ? [] : run.inputs(files),
      follow,
      host,
      port,
      traceLink,
      evidence: { named, given },
      receive: listen === undefined ? undefined : { maxBytes: maxSize },
      onError: (error) =>
        run.messages.print(`internal error: ${error instanceof Error ? error.stack : String(error)}`),
    });
  } catch (error) {
    run.messages.print(
      listenFailure(error as NodeJS.ErrnoException, host, port, listen === undefined ? '--port' : '--listen'),
    );
    return EXIT.usage;
  }
  const ended = untilSignal();
  run.output.line([view.url]);
  if (listen !== undefined) run.output.lines(sendingLines(view.endpoint));
  await run.output.flush();
  run.messages.print('press Ctrl-C to end');
  if (flags.open) openBrowser(view.url);
  await ended;
  await view.close();
  return EXIT.ok;
}

/** The variables that make an application send its telemetry here. */
function sendingLines(endpoint: string): TextLine[] {
  return [
    [],
    ['Spans of GenAI calls, from any language:'],
    [`  OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`],
    ['  OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf'],
    ['Audit events of this package as well, with content, while they happen:'],
    ['  CHAUKAS_OUTPUT_MODE=otlp'],
    [],
  ];
}

function listenFailure(
  { code, message }: NodeJS.ErrnoException,
  host: string,
  port: number,
  option: string,
): string {
  switch (code) {
    case 'EADDRINUSE':
      return `${option} ${port}: another program listens there; use another port${option === '--port' ? ', or leave out --port' : ''}`;
    case 'EACCES':
      return `${option} ${port}: no permission to listen there; use a port above 1023`;
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
