/** Installs the hooks of the Agents SDK. */
import { asFunction, asRecord, type ForeignRecord } from '../../foreign/read.js';
import type { MethodPatches } from '../method-patches.js';
import type { Telemetry } from '../telemetry.js';
import { BridgedContextStorage } from './context-storage.js';
import { RunSpans } from './run-spans.js';
import { wrapRun } from './runner-hooks.js';
import { AgentsTraceProcessor } from './trace-processor.js';
import { hookTracingExporter } from './tracing-exporter.js';

/**
 * The SDK's copies in a process (ESM and CommonJS, or two installed ones) share the trace provider and the storage
 * but not the classes, so the first two are hooked once and the classes of each copy.
 */
export class AgentsHooks {
  readonly #telemetry: Telemetry;
  readonly #patches: MethodPatches;
  readonly #spans: RunSpans;
  #storage: BridgedContextStorage | undefined;
  #processor: AgentsTraceProcessor | undefined;

  constructor(telemetry: Telemetry, patches: MethodPatches) {
    this.#telemetry = telemetry;
    this.#patches = patches;
    this.#spans = new RunSpans(telemetry);
  }

  /**
   * @param agents - the module `@openai/agents` or `@openai/agents-core`.
   * @returns what was expected and is not there, for a warning.
   */
  install(agents: ForeignRecord): string[] {
    const missing: string[] = [];
    hookTracingExporter(agents, this.#patches);
    const provider = asRecord(asFunction(agents.getGlobalTraceProvider)?.());
    if (provider === undefined || !this.#register(provider)) missing.push('getGlobalTraceProvider()');
    // Another instrumentation has the provider: its spans, its contexts.
    if (this.#processor === undefined) return missing;
    this.#bridgeContext();

    const runner: unknown = asFunction(agents.Runner)?.prototype;
    const options = {
      telemetry: this.#telemetry,
      spans: this.#spans,
      getStore: () => this.#storage?.getStore(),
      // Another tool may have replaced the storage since.
      beforeRun: () => this.#bridgeContext(),
    };
    const outcome =
      typeof runner === 'object' && runner !== null
        ? this.#patches.apply(runner, 'run', (run) => wrapRun(run, options))
        : 'missing';
    if (outcome === 'missing') missing.push('Runner.prototype.run');
    return missing;
  }

  uninstall(): void {
    this.#processor?.deactivate();
    this.#processor = undefined;
    this.#storage?.uninstall();
    this.#storage = undefined;
  }

  #bridgeContext(): void {
    this.#storage = BridgedContextStorage.install(this.#spans, this.#telemetry.guard);
  }

  /**
   * Puts our processor first and keeps it there: the SDK calls its processors one after the other, and importing
   * `@openai/agents` replaces them all by the default exporter.
   */
  #register(provider: ForeignRecord): boolean {
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
