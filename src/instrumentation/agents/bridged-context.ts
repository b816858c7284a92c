import { type Context, type Span, trace } from '@opentelemetry/api';
import { MODEL_SPAN_SLOT_KEY } from '../../spans/model-span-slot.js';
import { RUN_CONTEXT_KEY, type RunSettings } from '../../spans/run-settings.js';
import { MCP_CALL_SLOT_KEY } from '../mcp/mcp-span-slot.js';
import type { SdkStore } from './sdk-span.js';

/** What a store of the SDK says at the moment it is asked. */
export interface StoreView {
  /** The active span; `undefined` where the SDK has none of its own beyond what surrounds the store. */
  activeSpan(context: BridgedContext): Span | undefined;
  modelSpanSlot(context: BridgedContext): unknown;
  mcpCallSlot(context: BridgedContext): unknown;
  runContext(context: BridgedContext, enclosing: RunSettings | undefined): RunSettings | undefined;
}

const SPAN_KEY = spanKey();

/**
 * An OpenTelemetry context whose active span is whatever span the Agents SDK has current. The SDK changes that in
 * place, without entering a new asynchronous context, so it is looked up each time it is asked for.
 *
 * A value set on top, a span of the application's above all, is kept as in any context and wins.
 */
export class BridgedContext implements Context {
  readonly #view: StoreView;
  readonly #values: ReadonlyMap<symbol, unknown>;

  /**
   * @param base - the context around the store.
   * @param entrySpanId - the SDK's current span when the store was entered. While it still is, nothing has happened
   *   in this store, and the base knows better: the application may have opened a span of its own in between.
   * @param outermost - whether the store begins a trace of the SDK, so that the base lies outside of it.
   */
  constructor(
    view: StoreView,
    readonly base: Context,
    readonly store: SdkStore,
    readonly entrySpanId: string | null,
    readonly outermost: boolean,
    values: ReadonlyMap<symbol, unknown> = new Map(),
  ) {
    this.#view = view;
    this.#values = values;
  }

  /**
   * The application's own context around a child of the span by this id, where there is one: it opened a span, or
   * replaced the context, after that span became current. What only follows the SDK's stores is none.
   */
  enclosingContext(parentId: string | null): Context | undefined {
    if (this.outermost || this.entrySpanId !== parentId) return undefined;
    const { base } = this;
    if (!(base instanceof BridgedContext) || base.#values.has(SPAN_KEY)) return base;
    return base.enclosingContext(parentId);
  }

  getValue(key: symbol): unknown {
    if (this.#values.has(key)) return this.#values.get(key);
    switch (key) {
      case SPAN_KEY:
        return this.#view.activeSpan(this) ?? this.base.getValue(key);
      case MODEL_SPAN_SLOT_KEY:
        // Behind a span of the application's the call is no longer the SDK's own.
        return this.#values.has(SPAN_KEY) ? undefined : this.#view.modelSpanSlot(this);
      case MCP_CALL_SLOT_KEY:
        return this.#values.has(SPAN_KEY) ? undefined : this.#view.mcpCallSlot(this);
      case RUN_CONTEXT_KEY:
        return this.#view.runContext(this, this.base.getValue(key) as RunSettings | undefined);
      default:
        return this.base.getValue(key);
    }
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#with(new Map(this.#values).set(key, value));
  }

  deleteValue(key: symbol): Context {
    return this.setValue(key, undefined);
  }

  #with(values: ReadonlyMap<symbol, unknown>): Context {
    return new BridgedContext(this.#view, this.base, this.store, this.entrySpanId, this.outermost, values);
  }
}

/** The API keeps the key of the active span to itself; setting a span shows it. */
function spanKey(): symbol {
  let found: symbol | undefined;
  const probe: Context = {
    getValue: () => undefined,
    setValue: (key) => {
      found = key;
      return probe;
    },
    deleteValue: () => probe,
  };
  trace.setSpan(probe, trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 }));
  return found ?? Symbol('no span key');
}
