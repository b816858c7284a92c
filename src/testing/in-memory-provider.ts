/** The tracer provider of a test: the one that the application has registered, or one that is made for the test. */
import { type ContextManager, context, trace } from '@opentelemetry/api';
import { joinProvider } from '../node/join-provider.js';
import { loadTraceSdk, type SdkSpanProcessor, type SdkTracerProvider } from '../node/opentelemetry-sdk.js';
import { isRegistered } from '../node/yielding-globals.js';
import { PACKAGE_NAME } from '../version.js';
import type { FinishedSpan } from './span-tree.js';

/** Keeps the spans that end, in the order in which they started. */
export class SpanRecorder implements SdkSpanProcessor {
  readonly #orders = new WeakMap<object, number>();
  #started = 0;
  #ended: FinishedSpan[] = [];

  get spans(): FinishedSpan[] {
    const orderOf = (span: FinishedSpan) => this.#orders.get(span) ?? 0;
    return [...this.#ended].sort((a, b) => orderOf(a) - orderOf(b));
  }

  reset(): void {
    this.#ended = [];
  }

  onStart(span: object): void {
    this.#started += 1;
    this.#orders.set(span, this.#started);
  }

  onEnd(span: object): void {
    this.#ended.push(span as FinishedSpan);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

/**
 * Passes the spans of the process to span processors. A provider that is registered gets them in addition to its own;
 * otherwise one is made, with a context manager, and registered.
 *
 * @returns the function that takes everything out again.
 * @throws Error - if the SDK is not installed, or the registered provider takes no further processor.
 */
export function provideSpans(processors: readonly SdkSpanProcessor[]): () => Promise<void> {
  if (!isRegistered('trace')) return registerProvider(processors);
  const leave = joinProvider(trace.getTracerProvider(), processors);
  if (leave !== undefined) return async () => leave();
  throw new Error(
    `${PACKAGE_NAME}: recordTelemetry: a tracer provider is registered that takes no span processor; call ` +
      'recordTelemetry() before it is registered, or leave it out of the test',
  );
}

function registerProvider(processors: readonly SdkSpanProcessor[]): () => Promise<void> {
  const sdk = loadTraceSdk();
  const { traces } = sdk;
  const Provider = traces.TracerProvider ?? traces.BasicTracerProvider;
  const asyncHooks = sdk.resolve('@opentelemetry/context-async-hooks');
  if (Provider === undefined || asyncHooks === undefined) {
    throw new Error(
      `${PACKAGE_NAME}: recordTelemetry: @opentelemetry/sdk-node ${sdk.version} has no tracer provider or no context ` +
        'manager beside it; run "npm install @opentelemetry/sdk-node"',
    );
  }
  const { AsyncLocalStorageContextManager } = sdk.load(asyncHooks) as {
    readonly AsyncLocalStorageContextManager: new () => ContextManager;
  };
  // Explicitly, because the variable OTEL_TRACES_SAMPLER may say otherwise.
  const provider: SdkTracerProvider = new Provider({
    sampler: new traces.AlwaysOnSampler(),
    spanProcessors: processors,
  });
  const ownContext = !isRegistered('context');
  trace.setGlobalTracerProvider(provider);
  if (ownContext) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return async () => {
    trace.disable();
    if (ownContext) context.disable();
    await provider.shutdown();
  };
}
