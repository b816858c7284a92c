import { randomUUID } from 'node:crypto';
import { type Context, context, type Span, trace } from '@opentelemetry/api';
import { getRunSettings, type RunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { getAgentRun } from './agent-run.js';
import { BridgedContext, type StoreView } from './bridged-context.js';
import { BridgedSpan } from './bridged-span.js';
import {
  asSdkSpan,
  asSdkStore,
  isUnrecordedTrace,
  readSdkTrace,
  type SdkSpan,
  type SdkStore,
  type SdkTrace,
} from './sdk-span.js';
import { Interruptions, Workflow } from './workflow.js';

/**
 * The SDK's spans and what has become of them.
 *
 * Held strongly: only spans that are open. Whatever has ended is reachable through the SDK's own objects, for a
 * child that comes late, and goes with them.
 */
export class SpanBridge implements StoreView {
  readonly #telemetry: Telemetry;
  readonly #traceWhenDisabled: () => boolean;
  readonly #interruptions = new Interruptions();
  readonly #open = new Map<string, BridgedSpan>();
  /** By span data, the one object that all clones of a span share. */
  readonly #known = new WeakMap<object, BridgedSpan>();
  readonly #scopes = new WeakMap<object, Workflow>();
  readonly #around = new WeakMap<object, unknown>();

  /** @param traceWhenDisabled - whether runs are followed while the SDK's tracing is off. */
  constructor(telemetry: Telemetry, traceWhenDisabled: () => boolean) {
    this.#telemetry = telemetry;
    this.#traceWhenDisabled = traceWhenDisabled;
  }

  /** The SDK enters a store: one that begins a trace, or a copy of the one around it. */
  enter(
    store: SdkStore,
    around: unknown,
  ): { context: BridgedContext; begun: Workflow | undefined } | undefined {
    const base = context.active();
    const aroundStore = asSdkStore(around);
    const aroundScope = aroundStore && this.#scopes.get(aroundStore);
    const sdkTrace = store.active
      ? (readSdkTrace(store.trace) ?? this.#untraced(store, base, aroundScope))
      : undefined;
    if (sdkTrace === undefined) return undefined;
    const continues = aroundScope?.trace.traceId === sdkTrace.traceId;
    const run = getAgentRun(base);
    const waiting = continues ? undefined : this.#interruptions.takeWaiting(sdkTrace.traceId);
    waiting?.resumedBy(run);
    const scope = continues
      ? aroundScope
      : (waiting ?? new Workflow(this.#telemetry, base, sdkTrace, this.#interruptions));
    this.#scopes.set(store, scope);
    if (continues && store.span === undefined && aroundStore !== undefined) {
      this.#around.set(store, aroundStore.span ?? this.#around.get(aroundStore));
    }
    run?.enteredScope(scope);
    const entrySpanId = asSdkSpan(store.span)?.spanId ?? null;
    return {
      context: new BridgedContext(this, base, store, entrySpanId, !continues),
      begun: continues ? undefined : scope,
    };
  }

  /**
   * The span that was current around a store which began without one. While tracing is off the SDK begins a trace
   * for each run, also for one inside another.
   */
  around(store: SdkStore): unknown {
    return this.#around.get(store);
  }

  /** A trace while the SDK's tracing is off. It has no identity, so it is the one around it, or a new one. */
  #untraced(store: SdkStore, base: Context, around: Workflow | undefined): SdkTrace | undefined {
    if (!isUnrecordedTrace(store.trace) || !this.#traceWhenDisabled()) return undefined;
    if (getRunSettings(base)?.tracingDisabled) return undefined;
    if (around !== undefined && !around.trace.recorded) return around.trace;
    return { traceId: randomUUID(), name: undefined, groupId: undefined, recorded: false };
  }

  /** The SDK started a span. Known already where something needed it before this was told. */
  started(sdkSpan: SdkSpan, store: unknown, active: Context = context.active()): BridgedSpan {
    const known = this.#known.get(sdkSpan.spanData) ?? this.#readBack(sdkSpan);
    if (known !== undefined) return known;

    const { parentId } = sdkSpan;
    const parent = this.#findParent(sdkSpan, store, active);
    const scope = parent?.scope ?? this.#scopeOf(store, sdkSpan, active);
    const span = new BridgedSpan(this.#telemetry, sdkSpan, {
      scope,
      parent,
      active,
      enclosing: active instanceof BridgedContext ? active.enclosingContext(parentId) : undefined,
      conversationId: getRunSettings(active)?.conversationId ?? scope.trace.groupId,
    });
    this.#known.set(sdkSpan.spanData, span);
    this.#open.set(sdkSpan.spanId, span);
    return span;
  }

  /**
   * The open span that a state which was text has again, as a copy with data of its own: up to 0.13 an agent's span
   * stays open while the run waits for a person. Taken for another span, it would leave the first one open for good.
   */
  #readBack({ spanId, spanData }: SdkSpan): BridgedSpan | undefined {
    const open = this.#open.get(spanId);
    if (open !== undefined) this.#known.set(spanData, open);
    return open;
  }

  /** The SDK ended a span; one that was never told is shown whole now. */
  ended(sdkSpan: SdkSpan, store: unknown): void {
    const span = this.started(sdkSpan, store);
    this.#open.delete(sdkSpan.spanId);
    span.end(sdkSpan);
  }

  traceEnded(store: unknown): void {
    const known = asSdkStore(store);
    if (known !== undefined) this.#scopes.get(known)?.traceEnded();
  }

  /** The SDK's current span in a store, where it is one of ours. */
  current(store: unknown): BridgedSpan | undefined {
    const sdkSpan = asSdkSpan(asSdkStore(store)?.span);
    return sdkSpan && this.#show(sdkSpan, store, context.active());
  }

  // StoreView

  activeSpan(bridged: BridgedContext): Span | undefined {
    const span = this.#currentIn(bridged);
    // The span itself where it has one: its context would be built anew each time somebody asks what is active.
    if (span !== undefined) return span.ensureStarted() ?? trace.getSpan(span.context());
    const { store, outermost } = bridged;
    if (!outermost || !store.active || asSdkSpan(store.span)) return undefined;
    const scope = this.#scopes.get(store);
    const conversationId = getRunSettings(bridged)?.conversationId;
    return scope && trace.getSpan(scope.context(getAgentRun(bridged), conversationId));
  }

  modelSpanSlot(bridged: BridgedContext): unknown {
    return this.#currentIn(bridged)?.modelSpanSlot;
  }

  mcpCallSlot(bridged: BridgedContext): unknown {
    return this.#currentIn(bridged)?.mcpCallSlot;
  }

  runContext(bridged: BridgedContext, enclosing: RunSettings | undefined): RunSettings | undefined {
    const groupId = this.#scopes.get(bridged.store)?.trace.groupId;
    if (enclosing?.conversationId !== undefined || groupId === undefined) return enclosing;
    return { contentAllowed: enclosing?.contentAllowed ?? true, conversationId: groupId };
  }

  /** The span that became current since the store was entered. */
  #currentIn(bridged: BridgedContext): BridgedSpan | undefined {
    const { store, entrySpanId } = bridged;
    const sdkSpan = store.active ? asSdkSpan(store.span) : undefined;
    if (sdkSpan === undefined || sdkSpan.spanId === entrySpanId) return undefined;
    return this.#show(sdkSpan, store, bridged);
  }

  /** A span that goes on, also where a processor that stands in front of ours still holds its start back. */
  #show(sdkSpan: SdkSpan, store: unknown, active: Context): BridgedSpan | undefined {
    const goesOn = sdkSpan.startedAt !== null && sdkSpan.endedAt === null;
    return goesOn ? this.started(sdkSpan, store, active) : this.#known.get(sdkSpan.spanData);
  }

  #findParent({ parentId, previousSpan }: SdkSpan, store: unknown, active: Context): BridgedSpan | undefined {
    if (parentId === null) return undefined;
    const open = this.#open.get(parentId);
    if (open !== undefined) return open;
    let ancestor = asSdkSpan(previousSpan);
    while (ancestor !== undefined && ancestor.spanId !== parentId)
      ancestor = asSdkSpan(ancestor.previousSpan);
    return ancestor && this.#show(ancestor, store, active);
  }

  #scopeOf(store: unknown, sdkSpan: SdkSpan, active: Context): Workflow {
    const known = asSdkStore(store);
    const scope = known && this.#scopes.get(known);
    if (scope !== undefined) return scope;
    // The storage was not wrapped yet when this store was entered, or the span comes from outside of any run.
    const sdkTrace = readSdkTrace(known?.trace) ?? {
      traceId: sdkSpan.traceId,
      name: undefined,
      groupId: undefined,
      recorded: true,
    };
    const created = new Workflow(this.#telemetry, active, sdkTrace, this.#interruptions);
    if (known !== undefined) this.#scopes.set(known, created);
    return created;
  }
}
