/** Installs the hooks of the Agents SDK. */
import type { Guard } from '../../diagnostics/guard.js';
import { asFunction, asMembers, asRecord, type UnknownRecord } from '../../json/readers.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { MethodPatches } from '../patching/method-patches.js';
import { hookApprovals } from './approvals.js';
import { BridgedStorage } from './bridged-storage.js';
import { wrapRun } from './runner-hooks.js';
import { asSdkSpan, asSdkStore } from './sdk-span.js';
import { hookMemorySession } from './session-store-hooks.js';
import { SpanBridge } from './span-bridge.js';
import { hookTracingExporter, type TracingExporterOptions } from './tracing-exporter.js';
import { hookUntracedSpans } from './untraced-spans.js';

/** Options for runs; read each time they are needed, as the application may replace them. */
export interface AgentsOptions extends TracingExporterOptions {
  /** Whether runs are followed while the SDK's own tracing is off. */
  readonly traceWhenDisabled: boolean;
}

/**
 * The hooks of all copies of the SDK in a process (ESM and CommonJS, or two installed versions). The copies share the
 * trace provider and the async storage, which are hooked once; each copy has classes of its own, which are hooked per
 * copy.
 */
export class AgentsHooks {
  readonly #telemetry: Telemetry;
  readonly #patches: MethodPatches;
  readonly #options: AgentsOptions;
  readonly #spans: SpanBridge;
  #storage: BridgedStorage | undefined;
  #processor: AgentsTraceProcessor | undefined;

  constructor(telemetry: Telemetry, patches: MethodPatches, options: AgentsOptions) {
    this.#telemetry = telemetry;
    this.#patches = patches;
    this.#options = options;
    this.#spans = new SpanBridge(telemetry, () => options.traceWhenDisabled);
  }

  /**
   * @param agents - the module `@openai/agents` or `@openai/agents-core`.
   * @returns the names of expected members that this version lacks, for a warning.
   */
  install(agents: UnknownRecord): string[] {
    const missing: string[] = [];
    hookTracingExporter(agents, this.#patches, this.#options);
    const provider = asRecord(asFunction(agents.getGlobalTraceProvider)?.());
    if (provider === undefined || !this.#register(provider)) missing.push('getGlobalTraceProvider()');
    // Another instrumentation has the provider, so spans and contexts are that instrumentation's.
    if (this.#processor === undefined) return missing;
    this.#bridgeContext();

    const runner: unknown = asFunction(agents.Runner)?.prototype;
    const getStore = () => this.#storage?.getStore();
    const options = {
      telemetry: this.#telemetry,
      patches: this.#patches,
      spans: this.#spans,
      getStore,
      // Another tool may have replaced the storage in the meantime.
      beforeRun: () => this.#bridgeContext(),
    };
    const outcome =
      typeof runner === 'object' && runner !== null
        ? this.#patches.apply(runner, 'run', (run) => wrapRun(run, options))
        : 'missing';
    if (outcome === 'missing') missing.push('Runner.prototype.run');
    hookMemorySession(agents, this.#patches, this.#telemetry);
    const untraced = hookUntracedSpans(agents, this.#patches, {
      spans: this.#spans,
      guard: this.#telemetry.guard,
      getStore,
      wanted: () => this.#options.traceWhenDisabled,
    });
    if (!untraced) missing.push('NoopSpan');
    const isRunning = () => asSdkStore(getStore())?.active === true;
    if (!hookApprovals(agents, this.#patches, this.#telemetry, isRunning)) {
      missing.push('RunContext.prototype.approveTool and rejectTool');
    }
    return missing;
  }

  uninstall(): void {
    this.#processor?.deactivate();
    this.#processor = undefined;
    this.#storage?.uninstall();
    this.#storage = undefined;
  }

  #bridgeContext(): void {
    this.#storage = BridgedStorage.install(this.#spans, this.#telemetry.guard);
  }

  /**
   * Registers our processor and keeps it first: the SDK calls its processors one after the other, and importing
   * `@openai/agents` replaces all of them by the default exporter.
   */
  #register(provider: UnknownRecord): boolean {
    const register = asFunction(provider.registerProcessor);
    if (register === undefined) return false;
    const processor = new AgentsTraceProcessor(this.#spans, this.#telemetry.guard, () =>
      this.#storage?.getStore(),
    );
    const outcome = this.#patches.apply(
      provider,
      'setProcessors',
      (setProcessors) =>
        function (this: unknown, processors, ...rest) {
          const others = Array.isArray(processors) ? processors.filter((other) => other !== processor) : [];
          return setProcessors.call(this, [processor, ...others], ...rest);
        },
    );
    if (outcome === 'applied') {
      register.call(provider, processor);
      this.#processor = processor;
    }
    return outcome !== 'missing';
  }
}

/** Finds the module `@openai/agents` or `@openai/agents-core` inside the object that the module system made of it. */
export function findAgentsModule(value: unknown): UnknownRecord | undefined {
  const candidates = [asMembers(value), asMembers(asMembers(value)?.default)];
  return candidates.find((members) => typeof members?.getGlobalTraceProvider === 'function');
}

/**
 * An implementation of the SDK's `TracingProcessor`, which is called for every span.
 *
 * All its promises are resolved already: the SDK awaits its processors one after the other, and a run awaits
 * `onTraceStart`. A rejection there would make the run fail.
 */
class AgentsTraceProcessor {
  #active = true;
  readonly #spans: SpanBridge;
  readonly #guard: Guard;
  readonly #getStore: () => unknown;

  constructor(spans: SpanBridge, guard: Guard, getStore: () => unknown) {
    this.#spans = spans;
    this.#guard = guard;
    this.#getStore = getStore;
  }

  /** Makes the processor do nothing from now on; the SDK cannot remove a processor. */
  deactivate(): void {
    this.#active = false;
  }

  async onTraceStart(): Promise<void> {}

  async onTraceEnd(): Promise<void> {
    this.#run('Ending a trace', () => this.#spans.traceEnded(this.#getStore()));
  }

  async onSpanStart(value: unknown): Promise<void> {
    this.#run('Starting a span', () => {
      const span = asSdkSpan(value);
      if (span !== undefined) this.#spans.started(span, this.#getStore());
    });
  }

  async onSpanEnd(value: unknown): Promise<void> {
    this.#run('Ending a span', () => {
      const span = asSdkSpan(value);
      if (span !== undefined) this.#spans.ended(span, this.#getStore());
    });
  }

  /** Does nothing: the SDK calls it each time the application replaces the processors, of which this one stays. */
  async shutdown(): Promise<void> {}

  async forceFlush(): Promise<void> {}

  #run(place: string, action: () => void): void {
    if (this.#active) this.#guard.run(place, action);
  }
}
