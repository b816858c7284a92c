/**
 * The instrumentations that are enabled in this process. Signals alone would not suffice, because an instrumentation
 * is usually enabled before a processor subscribes.
 */
import * as clock from '../clock.js';
import { PACKAGE_NAME } from '../version.js';
import type { RunningInstrumentation } from './signal.js';
import { publishSignal } from './signal-channel.js';

// One set per process, found by a registered symbol, so that a second copy of this package sees the first one's
// entries.
const REGISTRY = Symbol.for(`${PACKAGE_NAME}.running instrumentations`);

const TRACED_CLIENTS = Symbol.for(`${PACKAGE_NAME}.traced clients`);

export function runningInstrumentations(): ReadonlySet<RunningInstrumentation> {
  return registry();
}

/** Notes that spans of single clients may come, which no instrumentation covers. */
export function clientTraced(): void {
  Reflect.defineProperty(globalThis, TRACED_CLIENTS, { value: true });
}

export function singleClientsTraced(): boolean {
  return Reflect.get(globalThis, TRACED_CLIENTS) === true;
}

/** Whether spans of this package may come in this process. */
export function ownSpansExpected(): boolean {
  return registry().size > 0 || singleClientsTraced();
}

function instrumentationStarted(instrumentation: RunningInstrumentation): void {
  registry().add(instrumentation);
  publishSignal({ type: 'instrumentation.started', time: instrumentation.startedAt, instrumentation });
}

function instrumentationStopped(instrumentation: RunningInstrumentation): void {
  if (!registry().delete(instrumentation)) return;
  publishSignal({ type: 'instrumentation.stopped', time: clock.now(), instrumentation });
}

function registry(): Set<RunningInstrumentation> {
  const holder = globalThis as { [REGISTRY]?: Set<RunningInstrumentation> };
  if (holder[REGISTRY] === undefined) Object.defineProperty(holder, REGISTRY, { value: new Set() });
  return holder[REGISTRY] as Set<RunningInstrumentation>;
}

/** The state of one instrumentation. Publishes a signal each time it is enabled or disabled. */
export class InstrumentationState {
  readonly #describe: () => Pick<RunningInstrumentation, 'version' | 'config' | 'modules' | 'manual'>;
  #running: RunningInstrumentation | undefined;

  /** @param describe - called each time a listener reads: modules are loaded later, and options may be replaced. */
  constructor(describe: () => Pick<RunningInstrumentation, 'version' | 'config' | 'modules' | 'manual'>) {
    this.#describe = describe;
  }

  started(): void {
    if (this.#running !== undefined) return;
    const describe = this.#describe;
    this.#running = {
      startedAt: clock.now(),
      get version() {
        return describe().version;
      },
      get config() {
        return describe().config;
      },
      get modules() {
        return describe().modules;
      },
      get manual() {
        return describe().manual;
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
