/**
 * The end of the process: the telemetry is delivered before it, and the exit code stays what it would have been.
 *
 * A signal listener keeps Node from ending the process, so the one here is present only while the application has none
 * of its own. Libraries such as `signal-exit` end the process only if no listener is beside theirs.
 */
import { withTimeout } from '../delivery/timeout.js';
import { atProcessExit } from '../diagnostics/process-exit.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

type EndSignal = (typeof SIGNALS)[number];

type Listener = (...args: unknown[]) => void;

export interface EndActions {
  /** Delivers everything and closes. Never rejects. Called at most once. */
  readonly shutdown: () => Promise<void>;
  /** Delivers what can be delivered without waiting for anything. Called at the exit of the process. */
  readonly atExit: () => void;
  /** The time after which the process ends although `shutdown` is not done. */
  readonly timeoutMillis: number;
}

/**
 * Runs the actions when the process ends: by itself, by a signal, by `process.exit()` or by an uncaught exception.
 *
 * @returns the function that removes all listeners.
 */
export function atOrderlyEnd({ shutdown, atExit, timeoutMillis }: EndActions): () => void {
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= withTimeout(shutdown(), timeoutMillis, () => {});
    return stopped;
  };
  const beforeExit = () => void stop();
  process.once('beforeExit', beforeExit);
  const forgetExit = atProcessExit(atExit);
  const watches = SIGNALS.map((signal) => new SignalWatch(signal, stop));
  return () => {
    process.off('beforeExit', beforeExit);
    forgetExit();
    for (const watch of watches) watch.end();
  };
}

/** Listens to one signal while the application does not. */
class SignalWatch {
  readonly #signal: EndSignal;
  readonly #stop: () => Promise<void>;
  readonly #listener: Listener = () => void this.#received();
  #ended = false;

  constructor(signal: EndSignal, stop: () => Promise<void>) {
    this.#signal = signal;
    this.#stop = stop;
    process.on('newListener', this.#added);
    process.on('removeListener', this.#removed);
    this.#update();
  }

  end(): void {
    this.#ended = true;
    process.off('newListener', this.#added);
    process.off('removeListener', this.#removed);
    process.off(this.#signal, this.#listener);
  }

  /** Comes before the listener is added. Without any listener in between, Node would give the signal up. */
  readonly #added = (event: string | symbol) => {
    if (event === this.#signal) void Promise.resolve().then(() => this.#update());
  };

  /** Comes after the listener is removed, which may be about to send the signal to its own process. */
  readonly #removed = (event: string | symbol) => {
    if (event === this.#signal) this.#update();
  };

  #update(): void {
    if (this.#ended) return;
    const listeners = process.listeners(this.#signal) as Listener[];
    const isListening = listeners.includes(this.#listener);
    const isAlone = listeners.every((listener) => listener === this.#listener || isOfAgentsSdk(listener));
    if (isAlone && !isListening) process.on(this.#signal, this.#listener);
    if (!isAlone && isListening) process.off(this.#signal, this.#listener);
  }

  async #received(): Promise<void> {
    await this.#stop();
    this.end();
    const signal = this.#signal;
    // The Agents SDK's listener chooses the exit code. It did not end the process, because it saw another listener.
    if (process.listenerCount(signal) > 0) process.emit(signal, signal);
    else process.kill(process.pid, signal);
  }
}

/**
 * Whether a listener is the one with which `@openai/agents-core` delivers its own traces. It ends the process unless it
 * sees another listener (agents-core 0.3.8 to 0.20), so it is the same as none.
 */
function isOfAgentsSdk(listener: Listener): boolean {
  return Function.prototype.toString.call(listener).includes('hasOtherListenersForSignals');
}
