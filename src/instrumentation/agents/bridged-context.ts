import { type Context, type Span, trace } from '@opentelemetry/api';
import { MODEL_SPAN_SLOT_KEY } from '../../spans/model-span-slot.js';
import { RUN_CONTEXT_KEY, type RunSettings } from '../../spans/run-settings.js';
import { MCP_CALL_SLOT_KEY } from '../mcp/mcp-span-slot.js';
import type { SdkStore } from './sdk-span.js';

/** The current values of a store of the SDK. */
export interface StoreView {
  /** Returns the active span; `undefined` if the SDK has no span of its own beyond what surrounds the store. */
  activeSpan(context: BridgedContext): Span | undefined;
  modelSpanSlot(context: BridgedContext): unknown;
  mcpCallSlot(context: BridgedContext): unknown;
  runSettings(context: BridgedContext, enclosing: RunSettings | undefined): RunSettings | undefined;
}

const SPAN_KEY = spanKey();

const NO_VALUES: ReadonlyMap<symbol, unknown> = new Map();

/**
 * An OpenTelemetry context whose active span is whichever span is current in the Agents SDK. The SDK changes its
 * current span in place, without entering a new asynchronous context, so the span is looked up on every read.
 *
 * A value set on top of this context, above all a span of the application, is kept as in any context and wins.
 */
export class BridgedContext implements Context {
  readonly #view: StoreView;
  readonly #values: ReadonlyMap<symbol, unknown>;

  /**
   * @param base - the context around the store.
   * @param entrySpanId - the SDK's current span when the store was entered. As long as it is current, nothing has
   *   happened in this store, and the base is right: the application may have opened a span of its own in between.
   * @param outermost - whether the store begins a trace of the SDK, so that the base lies outside of that trace.
   */
  constructor(
    view: StoreView,
    readonly base: Context,
    readonly store: SdkStore,
    readonly entrySpanId: string | null,
    readonly outermost: boolean,
    values: ReadonlyMap<symbol, unknown> = NO_VALUES,
  ) {
    this.#view = view;
    this.#values = values;
  }

  /**
   * Returns the application's own context around a child of the span with this id: one in which the application opened
   * a span or replaced the context after that span became current. `undefined` if there is only the SDK's own context.
   */
  enclosingContext(parentId: string | null): Context | undefined {
    if (this.outermost || this.entrySpanId !== parentId) return undefined;
    const { base } = this;
    if (!(base instanceof BridgedContext) || base.#values.has(SPAN_KEY)) return base;
    return base.enclosingContext(parentId);
  }

  /**
   * Returns the first result for a store in which a child of the span with this id runs: this one, or one around it in
   * which the span was current as well.
   */
  firstBeneath<T>(parentId: string | null, find: (store: SdkStore) => T | undefined): T | undefined {
    let context: Context = this;
    while (context instanceof BridgedContext && !context.outermost && context.entrySpanId === parentId) {
      const found = find(context.store);
      if (found !== undefined) return found;
      context = context.base;
    }
    return undefined;
  }

  getValue(key: symbol): unknown {
    if (this.#values.has(key)) return this.#values.get(key);
    switch (key) {
      case SPAN_KEY:
        return this.#view.activeSpan(this) ?? this.base.getValue(key);
      case MODEL_SPAN_SLOT_KEY:
        // Beneath another span too: the application or another instrumentation may put one around the client's call.
        return this.#view.modelSpanSlot(this);
      case MCP_CALL_SLOT_KEY:
        // A request beneath a span of the application is not the SDK's own request.
        return this.#values.has(SPAN_KEY) ? undefined : this.#view.mcpCallSlot(this);
      case RUN_CONTEXT_KEY:
        return this.#view.runSettings(this, this.base.getValue(key) as RunSettings | undefined);
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

/** Returns the API's private key of the active span, which setting a span on a context reveals. */
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
