/** Installs the hooks of the Agents SDK. */
import { asFunction, asMembers, asRecord, type UnknownRecord } from '../../json/readers.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { MethodPatches } from '../patching/method-patches.js';
import { hookApprovals } from './approvals.js';
import { BridgedStorage } from './bridged-storage.js';
import { wrapRun } from './runner-hooks.js';
import { asSdkStore } from './sdk-span.js';
import { hookMemorySession } from './session-store-hooks.js';
import { SpanBridge } from './span-bridge.js';
import { AgentsTraceProcessor } from './trace-processor.js';
import { hookTracingExporter, type TracingExporterOptions } from './tracing-exporter.js';
import { hookUntracedSpans } from './untraced-spans.js';

/** What may be chosen of runs; asked for each time, as it may be replaced. */
export interface AgentsOptions extends TracingExporterOptions {
  /** Whether runs are followed while the SDK's own tracing is off. */
  readonly traceWhenDisabled: boolean;
}

/**
 * The SDK's copies in a process (ESM and CommonJS, or two installed ones) share the trace provider and the storage
 * but not the classes, so the first two are hooked once and the classes of each copy.
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
   * @returns what was expected and is not there, for a warning.
   */
  install(agents: UnknownRecord): string[] {
    const missing: string[] = [];
    hookTracingExporter(agents, this.#patches, this.#options);
    const provider = asRecord(asFunction(agents.getGlobalTraceProvider)?.());
    if (provider === undefined || !this.#register(provider)) missing.push('getGlobalTraceProvider()');
    // Another instrumentation has the provider: its spans, its contexts.
    if (this.#processor === undefined) return missing;
    this.#bridgeContext();

    const runner: unknown = asFunction(agents.Runner)?.prototype;
    const getStore = () => this.#storage?.getStore();
    const options = {
      telemetry: this.#telemetry,
      patches: this.#patches,
      spans: this.#spans,
      getStore,
      // Another tool may have replaced the storage since.
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
    const running = () => asSdkStore(getStore())?.active === true;
    if (!hookApprovals(agents, this.#patches, this.#telemetry, running)) {
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
   * Puts our processor first and keeps it there: the SDK calls its processors one after the other, and importing
   * `@openai/agents` replaces them all by the default exporter.
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

/** The module `@openai/agents` or `@openai/agents-core` in whatever the module system made of it. */
export function findAgentsModule(value: unknown): UnknownRecord | undefined {
  const candidates = [asMembers(value), asMembers(asMembers(value)?.default)];
  return candidates.find((members) => typeof members?.getGlobalTraceProvider === 'function');
}
