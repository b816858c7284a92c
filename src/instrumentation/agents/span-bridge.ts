import { randomUUID } from 'node:crypto';
import { type Context, context, type Span, trace } from '@opentelemetry/api';
import { getRunSettings, type RunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { getAgentRun } from './agent-run.js';
import { BridgedContext, type StoreView } from './bridged-context.js';
import { BridgedSpan } from './bridged-span.js';
import { DirectCalls } from './own-model-call.js';
import {
  asSdkSpan,
  asSdkStore,
  isUnrecordedTrace,
  readSdkTrace,
  type SdkSpan,
  type SdkStore,
  type SdkTrace,
} from './sdk-span.js';
import { Interruptions, Workflow, type WorkflowSpans } from './workflow.js';

/** Options for runs; read each time they are needed. */
export interface SpanBridgeOptions {
  /** Whether runs are followed while the SDK's own tracing is off. */
  readonly traceWhenDisabled: boolean;
  readonly workflowSpans: WorkflowSpans;
}

/** The result of entering a store of the SDK. */
interface EnteredStore {
  readonly context: BridgedContext;
  /** The workflow, if the store begins one. */
  readonly workflow: Workflow | undefined;
}

/**
 * The SDK's spans and the spans that they became.
 *
 * Holds strong references to open spans only. Ended spans are reachable through the SDK's own objects, for children
 * that start late, and are released with them.
 */
export class SpanBridge implements StoreView {
  readonly #telemetry: Telemetry;
  readonly #options: SpanBridgeOptions;
  readonly #interruptions = new Interruptions();
  readonly #open = new Map<string, BridgedSpan>();
  /** Bridged spans by span data, the one object that all clones of a span share. */
  readonly #known = new WeakMap<object, BridgedSpan>();
  /** Workflows by store. */
  readonly #workflows = new WeakMap<object, Workflow>();
  /** Spans of the SDK that enclose a store which began without one, by store. */
  readonly #enclosingSpans = new WeakMap<object, unknown>();
  /** Spans of tools by the store that the SDK made for each. What still runs in the store after the end is late work. */
  readonly #tools = new WeakMap<object, BridgedSpan>();

  constructor(telemetry: Telemetry, options: SpanBridgeOptions) {
    this.#telemetry = telemetry;
    this.#options = options;
  }

  /**
   * The SDK enters a store, which begins a trace or copies the enclosing store.
   *
   * @returns `undefined` if the store is not to be followed.
   */
  enter(store: SdkStore, enclosing: unknown): EnteredStore | undefined {
    const base = context.active();
    const enclosingStore = asSdkStore(enclosing);
    const enclosingWorkflow = enclosingStore && this.#workflows.get(enclosingStore);
    const sdkTrace = store.active
      ? (readSdkTrace(store.trace) ?? this.#untraced(store, base, enclosingWorkflow))
      : undefined;
    if (sdkTrace === undefined) return undefined;
    const continues = enclosingWorkflow?.trace.traceId === sdkTrace.traceId;
    const run = getAgentRun(base);
    const waiting = continues ? undefined : this.#interruptions.takeWorkflow(sdkTrace.traceId);
    waiting?.resumedBy(run);
    const workflow = continues ? enclosingWorkflow : (waiting ?? this.#newWorkflow(base, sdkTrace));
    this.#workflows.set(store, workflow);
    if (continues && store.span === undefined && enclosingStore !== undefined) {
      this.#enclosingSpans.set(store, enclosingStore.span ?? this.#enclosingSpans.get(enclosingStore));
    }
    run?.joinWorkflow(workflow);
    const entrySpanId = asSdkSpan(store.span)?.spanId ?? null;
    return {
      context: new BridgedContext(this, base, store, entrySpanId, !continues),
      workflow: continues ? undefined : workflow,
    };
  }

  /**
   * Returns the span that was current around a store which began without one. While tracing is off the SDK begins a
   * trace for each run, also for a run inside another one.
   */
  enclosingSpan(store: SdkStore): unknown {
    return this.#enclosingSpans.get(store);
  }

  /** A trace made while the SDK's tracing is off has no identity: it takes the enclosing trace's, or a new one. */
  #untraced(store: SdkStore, base: Context, enclosing: Workflow | undefined): SdkTrace | undefined {
    if (!isUnrecordedTrace(store.trace) || !this.#options.traceWhenDisabled) return undefined;
    if (getRunSettings(base)?.tracingDisabled) return undefined;
    if (enclosing !== undefined && !enclosing.trace.recorded) return enclosing.trace;
    return { traceId: randomUUID(), name: undefined, groupId: undefined, recorded: false };
  }

  /** The SDK started a span. The span may be known already, if something needed it before this notification. */
  started(sdkSpan: SdkSpan, store: unknown, active: Context = context.active()): BridgedSpan {
    const known = this.#known.get(sdkSpan.spanData) ?? this.#readBack(sdkSpan);
    if (known !== undefined) return known;

    const { parentId } = sdkSpan;
    const parent = this.#endedTool(parentId, active) ?? this.#findParent(sdkSpan, store, active);
    const workflow = parent?.workflow ?? this.#workflowOf(store, sdkSpan, active);
    const span = new BridgedSpan(this.#telemetry, sdkSpan, {
      workflow,
      parent,
      active,
      enclosing: active instanceof BridgedContext ? active.enclosingContext(parentId) : undefined,
      conversationId: getRunSettings(active)?.conversationId ?? workflow.trace.groupId,
      released: () => this.#open.delete(sdkSpan.spanId),
    });
    this.#known.set(sdkSpan.spanData, span);
    this.#open.set(sdkSpan.spanId, span);
    if (span.tool !== undefined) this.#keepTool(span, sdkSpan, store);
    return span;
  }

  #keepTool(span: BridgedSpan, { spanData }: SdkSpan, store: unknown): void {
    const sdkStore = asSdkStore(store);
    if (sdkStore === undefined || this.#tools.has(sdkStore)) return;
    if (asSdkSpan(sdkStore.span)?.spanData === spanData) this.#tools.set(sdkStore, span);
  }

  /**
   * Returns the tool in whose code a span starts, although the SDK has ended the tool's span and made the span before it
   * current again: the tool's time is over, or it has started something and does not wait for it.
   */
  #endedTool(parentId: string | null, active: Context): BridgedSpan | undefined {
    return active instanceof BridgedContext ? active.firstBeneath(parentId, this.#overIn) : undefined;
  }

  /** Returns the tool of a store, if its time is over. */
  readonly #overIn = (store: SdkStore): BridgedSpan | undefined => {
    const tool = this.#tools.get(store);
    return tool?.isOver ? tool : undefined;
  };

  /**
   * Returns the open span of which a deserialised state holds a copy with data of its own: up to 0.13 an agent's span
   * stays open while the run waits for a person. Treating the copy as a new span would leave the first one open for
   * good.
   */
  #readBack({ spanId, spanData }: SdkSpan): BridgedSpan | undefined {
    const open = this.#open.get(spanId);
    if (open !== undefined) this.#known.set(spanData, open);
    return open;
  }

  /** The SDK ended a span. A span whose start was never reported is recorded whole now. */
  ended(sdkSpan: SdkSpan, store: unknown): void {
    this.started(sdkSpan, store).end(sdkSpan);
  }

  traceEnded(store: unknown, traceId: string): void {
    const sdkStore = asSdkStore(store);
    const workflow = sdkStore && this.#workflows.get(sdkStore);
    if (workflow?.trace.traceId === traceId) workflow.traceEnded();
  }

  /** Ends all open spans: the SDK is not followed any longer. */
  abandonAll(): void {
    for (const span of [...this.#open.values()].reverse()) span.abandon('the instrumentation was disabled');
  }

  /**
   * The function that the SDK runs around the span of a guardrail or a tool returns their result, right after the span has
   * ended.
   *
   * @param result - the result of entering a store, whose first synchronous part made the span.
   */
  watchResult(bridged: BridgedContext, result: unknown): void {
    if (result instanceof Promise) this.#currentIn(bridged)?.awaitResult(result);
  }

  /** Returns the SDK's current span in a store; `undefined` if the store has none that is followed. */
  current(store: unknown): BridgedSpan | undefined {
    const sdkSpan = asSdkSpan(asSdkStore(store)?.span);
    return sdkSpan && this.#bridge(sdkSpan, store, context.active());
  }

  // StoreView

  activeSpan(bridged: BridgedContext): Span | undefined {
    const span = this.#currentIn(bridged);
    if (span !== undefined) return span.ensureStarted() ?? trace.getSpan(span.context());
    const { store, outermost } = bridged;
    if (!outermost || !store.active || asSdkSpan(store.span)) return undefined;
    const workflow = this.#workflows.get(store);
    const conversationId = getRunSettings(bridged)?.conversationId;
    return workflow && trace.getSpan(workflow.context(getAgentRun(bridged), conversationId));
  }

  modelSpanSlot(bridged: BridgedContext): unknown {
    const current = this.#currentIn(bridged);
    if (current === undefined) return undefined;
    const { type, modelSpanSlot } = current;
    if (type !== 'turn' && type !== 'agent') return modelSpanSlot;
    const run = getAgentRun(bridged);
    if (run === undefined) return DirectCalls.of(current);
    return run.ownModelCalls?.pending ? run.ownModelCalls : undefined;
  }

  mcpCallSlot(bridged: BridgedContext): unknown {
    return this.#currentIn(bridged)?.mcpCallSlot;
  }

  runSettings(bridged: BridgedContext, enclosing: RunSettings | undefined): RunSettings | undefined {
    const groupId = this.#workflows.get(bridged.store)?.trace.groupId;
    if (enclosing?.conversationId !== undefined || groupId === undefined) return enclosing;
    return { contentAllowed: enclosing?.contentAllowed ?? true, conversationId: groupId };
  }

  /** Returns the span that became current since the store was entered. */
  #currentIn(bridged: BridgedContext): BridgedSpan | undefined {
    const { store, entrySpanId } = bridged;
    const tool = this.#overIn(store);
    if (tool !== undefined) return tool;
    const sdkSpan = store.active ? asSdkSpan(store.span) : undefined;
    if (sdkSpan === undefined || sdkSpan.spanId === entrySpanId) return undefined;
    return this.#bridge(sdkSpan, store, bridged);
  }

  /** Bridges a span that is open, even while a processor that runs before ours holds the notification of its start back. */
  #bridge(sdkSpan: SdkSpan, store: unknown, active: Context): BridgedSpan | undefined {
    const isOpen = sdkSpan.startedAt !== null && sdkSpan.endedAt === null;
    return isOpen ? this.started(sdkSpan, store, active) : this.#known.get(sdkSpan.spanData);
  }

  #findParent({ parentId, previousSpan }: SdkSpan, store: unknown, active: Context): BridgedSpan | undefined {
    if (parentId === null) return undefined;
    const open = this.#open.get(parentId);
    if (open !== undefined) return open;
    let ancestor = asSdkSpan(previousSpan);
    while (ancestor !== undefined && ancestor.spanId !== parentId)
      ancestor = asSdkSpan(ancestor.previousSpan);
    return ancestor && this.#bridge(ancestor, store, active);
  }

  #newWorkflow(outer: Context, sdkTrace: SdkTrace): Workflow {
    // A trace that the application begins itself may have several runs.
    const spans = getAgentRun(outer) === undefined ? 'always' : this.#options.workflowSpans;
    return new Workflow(this.#telemetry, outer, sdkTrace, this.#interruptions, spans);
  }

  #workflowOf(store: unknown, sdkSpan: SdkSpan, active: Context): Workflow {
    const sdkStore = asSdkStore(store);
    const workflow = sdkStore && this.#workflows.get(sdkStore);
    if (workflow !== undefined) return workflow;
    // The storage was not wrapped yet when this store was entered, or the span comes from outside of any run.
    const sdkTrace = readSdkTrace(sdkStore?.trace) ?? {
      traceId: sdkSpan.traceId,
      name: undefined,
      groupId: undefined,
      recorded: true,
    };
    const created = this.#newWorkflow(active, sdkTrace);
    if (sdkStore !== undefined) this.#workflows.set(sdkStore, created);
    return created;
  }
}
