/** Installs the hooks of the Agents SDK. */
import { context } from '@opentelemetry/api';
import { asMembers, type UnknownRecord } from '../../json/readers.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { MethodPatches } from '../patching/method-patches.js';
import { getAgentRun } from './agent-run.js';
import { hookApprovals } from './approvals.js';
import { BridgedStorage } from './bridged-storage.js';
import { hookKeptStates } from './kept-states.js';
import { hookRunner, reportQuestion } from './runner-hooks.js';
import { asSdkStore } from './sdk-span.js';
import { hookMemorySession, trustSessionClasses } from './session-store-hooks.js';
import { hookSocketCalls } from './socket-calls.js';
import { SpanBridge, type SpanBridgeOptions } from './span-bridge.js';
import { hookToolErrors } from './tool-errors.js';
import { TracedSpans } from './traced-spans.js';
import { hookTracingExporter, type TracingExporterOptions } from './tracing-exporter.js';
import { isTracingOff } from './unstarted-run.js';
import { hookUntracedSpans } from './untraced-spans.js';

/** Options for runs; read each time they are needed, as the application may replace them. */
export interface AgentsOptions extends TracingExporterOptions, SpanBridgeOptions {}

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
  readonly #tracedSpans: TracedSpans;

  constructor(telemetry: Telemetry, patches: MethodPatches, options: AgentsOptions) {
    this.#telemetry = telemetry;
    this.#patches = patches;
    this.#options = options;
    this.#spans = new SpanBridge(telemetry, options);
    this.#tracedSpans = new TracedSpans(patches, {
      spans: this.#spans,
      guard: telemetry.guard,
      getStore: () => this.#storage?.getStore(),
    });
  }

  /**
   * @param agents - the module `@openai/agents` or `@openai/agents-core`.
   * @returns the names of expected members that this version lacks, for a warning.
   */
  install(agents: UnknownRecord): string[] {
    const missing: string[] = [];
    hookTracingExporter(agents, this.#patches, this.#options);
    const traced = this.#tracedSpans.hook(agents);
    if (traced === 'missing') missing.push('getGlobalTraceProvider()');
    // If another instrumentation has the provider, spans and contexts are that instrumentation's.
    if (traced !== 'applied') return missing;
    this.#bridgeContext();

    const getStore = () => this.#storage?.getStore();
    missing.push(
      ...hookRunner(agents, {
        telemetry: this.#telemetry,
        patches: this.#patches,
        spans: this.#spans,
        getStore,
        // Another tool may have replaced the storage in the meantime.
        beforeRun: () => this.#bridgeContext(),
        workflowSpans: () => this.#options.workflowSpans,
        recordsRuns: () => this.#options.traceWhenDisabled || !isTracingOff(agents),
      }),
    );
    hookKeptStates(agents, this.#patches, this.#telemetry.guard);
    hookMemorySession(agents, this.#patches, this.#telemetry);
    trustSessionClasses(agents);
    hookSocketCalls(agents, this.#patches, this.#telemetry.guard, getStore);
    const untraced = hookUntracedSpans(agents, this.#patches, {
      spans: this.#spans,
      guard: this.#telemetry.guard,
      getStore,
      wanted: () => this.#options.traceWhenDisabled,
    });
    if (!untraced) missing.push('NoopSpan');
    const isRunning = (runContext: unknown) =>
      asSdkStore(getStore())?.active === true &&
      getAgentRun(context.active())?.hasRunContext(runContext) === true;
    const onResolved = (callId: string, approved: boolean) =>
      getAgentRun(context.active())?.approvalResolved(callId, approved);
    const onRejectionExplained = (callId: string) =>
      getAgentRun(context.active())?.rejectionExplained(callId);
    const hooks = { isRunning, onAnswer: reportQuestion, onResolved, onRejectionExplained };
    if (!hookApprovals(agents, this.#patches, this.#telemetry, hooks)) {
      missing.push('RunContext.prototype.approveTool and rejectTool');
    }
    return missing;
  }

  /** @param module - found by `findToolErrorModule()`. */
  installToolErrors(module: UnknownRecord): void {
    const currentTool = () => this.#spans.current(this.#storage?.getStore())?.tool;
    hookToolErrors(module, this.#patches, this.#telemetry.guard, currentTool);
  }

  uninstall(): void {
    this.#spans.abandonAll();
    this.#tracedSpans.unhooked();
    this.#storage?.uninstall();
    this.#storage = undefined;
  }

  #bridgeContext(): void {
    this.#storage = BridgedStorage.install(this.#spans, this.#telemetry.guard);
  }
}

/** Finds the module `@openai/agents` or `@openai/agents-core` inside the object that the module system made of it. */
export function findAgentsModule(value: unknown): UnknownRecord | undefined {
  const candidates = [asMembers(value), asMembers(asMembers(value)?.default)];
  return candidates.find((members) => typeof members?.getGlobalTraceProvider === 'function');
}
