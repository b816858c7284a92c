import {
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';

/** A tracer provider to which the API delegates. */
interface ProxyProvider extends TracerProvider {
  getDelegate(): TracerProvider;
  setDelegate(provider: TracerProvider): void;
}

type Scope = Parameters<TracerProvider['getTracer']>;

/** Whether the global provider is another one now. */
interface ProviderChange {
  done: boolean;
}

/**
 * Puts tracers that can change their provider in front of the registered one, and returns the function that makes them
 * follow the global provider from then on.
 *
 * A library may take its tracer before the application registers a provider. Without a provider, the API gives it a tracer
 * that finds its provider at the first span. With ours registered it would give ours, for good, and the application's
 * provider would never see the library's spans.
 *
 * @param registered - the global provider of the API.
 */
export function makeTracersReplaceable(registered: TracerProvider): () => void {
  const proxy = registered as Partial<ProxyProvider>;
  const provider = proxy.getDelegate?.();
  if (provider === undefined || proxy.setDelegate === undefined) return () => {};
  const replacement: ProviderChange = { done: false };
  const getTracer = (...scope: Scope) =>
    new ReplaceableTracer(provider.getTracer(...scope), scope, replacement);
  // Everything but the tracers is the provider's own.
  proxy.setDelegate(Object.create(provider, { getTracer: { value: getTracer } }) as TracerProvider);
  return () => {
    replacement.done = true;
  };
}

class ReplaceableTracer implements Tracer {
  readonly #scope: Scope;
  readonly #replacement: ProviderChange;
  readonly #own: Tracer;
  #later: Tracer | undefined;

  constructor(own: Tracer, scope: Scope, replacement: ProviderChange) {
    this.#own = own;
    this.#scope = scope;
    this.#replacement = replacement;
  }

  startSpan(name: string, options?: SpanOptions, context?: Context): Span {
    return this.#tracer().startSpan(name, options, context);
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    const tracer = this.#tracer();
    const start = tracer.startActiveSpan as (name: string, ...rest: unknown[]) => ReturnType<F>;
    return start.call(tracer, name, ...rest);
  }

  #tracer(): Tracer {
    if (!this.#replacement.done) return this.#own;
    this.#later ??= trace.getTracerProvider().getTracer(...this.#scope);
    return this.#later;
  }
}
