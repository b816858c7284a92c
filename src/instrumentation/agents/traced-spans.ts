/**
 * Hooks of the SDK's spans and traces while its tracing is on.
 *
 * A registered `TracingProcessor` would be seen by the application: the SDK awaits its processors one after the other,
 * so each of them delays those behind it and the run. The hooks follow the calls that notify the processors instead:
 * the first processor of the application has been notified when a hook runs, and no processor and no run waits for it.
 */
import type { Guard } from '../../diagnostics/guard.js';
import { asFunction, asRecord, type UnknownRecord } from '../../json/readers.js';
import type { MethodPatches } from '../patching/method-patches.js';
import { methodOwner, prototypeOf } from '../patching/prototypes.js';
import { asSdkSpan, NO_OP_ID, readSdkTrace, type SdkSpan } from './sdk-span.js';
import type { SpanBridge } from './span-bridge.js';

/** The place of a fault in the log. */
const PLACE = 'Following a span of the Agents SDK';

interface TracedSpansOptions {
  readonly spans: SpanBridge;
  readonly guard: Guard;
  /** Returns the SDK's current store. */
  readonly getStore: () => unknown;
}

/**
 * The hooks of all copies of the SDK. Spans are made by the copy that made the global trace provider, whichever copy
 * the application uses, so the classes of the provider's spans are hooked as well as those of each copy.
 */
export class TracedSpans {
  readonly #patches: MethodPatches;
  readonly #options: TracedSpansOptions;
  /** Prototypes that this object has hooked. */
  #hooked = new WeakSet<object>();

  constructor(patches: MethodPatches, options: TracedSpansOptions) {
    this.#patches = patches;
    this.#options = options;
  }

  /**
   * @param agents - one copy of the SDK.
   * @returns `missing` if the copy has no global trace provider or the provider's spans cannot be hooked, and
   *   `present` if another instrumentation has hooked them.
   */
  hook(agents: UnknownRecord): 'applied' | 'present' | 'missing' {
    const provider = asRecord(asFunction(agents.getGlobalTraceProvider)?.());
    if (provider === undefined) return 'missing';
    const outcome = this.#hookSpans(spanPrototype(sampleSpan(provider)));
    if (outcome !== 'applied') return outcome;
    this.#hookTraces(tracePrototype(sampleTrace(provider)));
    this.#hookSpans(spanPrototype(prototypeOf(agents.NoopSpan)));
    this.#hookTraces(tracePrototype(prototypeOf(agents.NoopTrace)));
    this.#hookDispatch(prototypeOf(agents.MultiTracingProcessor));
    return 'applied';
  }

  /** The patches were taken out. */
  unhooked(): void {
    this.#hooked = new WeakSet();
  }

  #hookSpans(prototype: object | undefined): 'applied' | 'present' | 'missing' {
    if (prototype === undefined) return 'missing';
    if (this.#hooked.has(prototype)) return 'applied';
    // A span that was started or ended before, such as one of a deserialised state, is not started or ended again.
    const outcome = this.#after(
      prototype,
      'start',
      (span) => this.#started(span),
      (span) => asTracedSpan(span)?.startedAt === null,
    );
    if (outcome !== 'applied') return outcome;
    this.#after(
      prototype,
      'end',
      (span) => this.#ended(span),
      (span) => asTracedSpan(span)?.endedAt === null,
    );
    this.#hooked.add(prototype);
    return 'applied';
  }

  #hookTraces(prototype: object | undefined): void {
    if (prototype === undefined) return;
    this.#after(prototype, 'end', (trace) => {
      const traceId = readSdkTrace(trace)?.traceId;
      if (traceId !== undefined) this.#options.spans.traceEnded(this.#options.getStore(), traceId);
    });
  }

  /** Spans that were started and ended elsewhere are dispatched to the processors (0.11.5 and later). */
  #hookDispatch(prototype: object | undefined): void {
    if (prototype === undefined) return;
    this.#after(prototype, 'dispatchSpan', (_processor, [span]) => {
      this.#started(span);
      this.#ended(span);
    });
    this.#after(prototype, 'dispatchSpanStart', (_processor, [span]) => this.#started(span));
    this.#after(prototype, 'dispatchSpanEnd', (_processor, [span]) => this.#ended(span));
  }

  /** @param wanted - whether the call that begins is to be followed. */
  #after(
    target: object,
    name: string,
    action: (receiver: unknown, args: readonly unknown[]) => void,
    wanted: (receiver: unknown) => boolean = () => true,
  ): 'applied' | 'present' | 'missing' {
    const { guard } = this.#options;
    return this.#patches.apply(
      target,
      name,
      (method) =>
        function (this: unknown, ...args) {
          // Without closures: this runs a hundred times in a run of ten turns.
          let followed = false;
          try {
            followed = wanted(this);
          } catch (error) {
            guard.caught(PLACE, error);
          }
          const result = method.apply(this, args);
          try {
            if (followed) action(this, args);
          } catch (error) {
            guard.caught(PLACE, error);
          }
          return result;
        },
    );
  }

  #started(value: unknown): void {
    const span = asTracedSpan(value);
    if (span !== undefined) this.#options.spans.started(span, this.#options.getStore());
  }

  #ended(value: unknown): void {
    const span = asTracedSpan(value);
    if (span !== undefined) this.#options.spans.ended(span, this.#options.getStore());
  }
}

/** Returns the span unless the SDK's tracing is off, which is followed in `untraced-spans.ts`. */
function asTracedSpan(value: unknown): SdkSpan | undefined {
  const span = asSdkSpan(value);
  return span === value ? span : undefined;
}

/** Returns a span of the provider that records nothing. */
function sampleSpan(provider: UnknownRecord): unknown {
  return asFunction(provider.createSpan)?.call(provider, {
    data: { type: 'custom', name: '', data: {} },
    disabled: true,
  });
}

/** Returns a trace of the provider that is never started. */
function sampleTrace(provider: UnknownRecord): unknown {
  return asFunction(provider.createTrace)?.call(provider, { traceId: NO_OP_ID, name: NO_OP_ID });
}

/** A span that records nothing has a class of its own, which is derived from the class of all spans. */
function spanPrototype(sample: unknown): object | undefined {
  return methodOwner(asRecord(sample), 'start');
}

function tracePrototype(sample: unknown): object | undefined {
  return methodOwner(asRecord(sample), 'end');
}
