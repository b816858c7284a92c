import { instrumentationStarted, instrumentationStopped } from '../signals/running-instrumentations.js';
import type { RunningInstrumentation } from '../signals/signal.js';

/** Whether an instrumentation is on, for those who record that it was so. */
export class InstrumentationState {
  readonly #describe: () => Pick<RunningInstrumentation, 'version' | 'config' | 'modules'>;
  #running: RunningInstrumentation | undefined;

  /** @param describe - asked when somebody records it: modules are loaded later, and options may be replaced. */
  constructor(describe: () => Pick<RunningInstrumentation, 'version' | 'config' | 'modules'>) {
    this.#describe = describe;
  }

  started(): void {
    if (this.#running !== undefined) return;
    const describe = this.#describe;
    this.#running = {
      startedAt: Date.now(),
      get version() {
        return describe().version;
      },
      get config() {
        return describe().config;
      },
      get modules() {
        return describe().modules;
      },
    };
    instrumentationStarted(this.#running);
  }

  stopped(): void {
    if (this.#running === undefined) return;
    instrumentationStopped(this.#running);
    this.#running = undefined;
  }
}
