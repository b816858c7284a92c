/**
 * The SDK's own exporter sends its traces to OpenAI with `fetch`, from a timer. An instrumentation of HTTP would show
 * each of these uploads as a trace of its own, so they run where OpenTelemetry's tracing is suppressed.
 */
import { context, createContextKey } from '@opentelemetry/api';
import { asFunction, type UnknownRecord } from '../../json/readers.js';
import type { MethodPatches } from '../patching/method-patches.js';

// `suppressTracing` of @opentelemetry/core sets this key; a key is found by its name, in every version of it.
const SUPPRESS_TRACING_KEY = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

export interface TracingExporterOptions {
  /** `off`: the SDK's exporter stays where it is and sends nothing. */
  readonly openaiTraceExport: 'keep' | 'off';
}

/** @param agents - `@openai/agents-openai`, or `@openai/agents`, which re-exports it. */
export function hookTracingExporter(
  agents: UnknownRecord,
  patches: MethodPatches,
  options: TracingExporterOptions,
): void {
  const exporter: unknown = asFunction(agents.OpenAITracingExporter)?.prototype;
  if (typeof exporter !== 'object' || exporter === null) return;
  patches.apply(
    exporter,
    'export',
    (exportItems) =>
      function (this: unknown, ...args) {
        if (options.openaiTraceExport === 'off') return Promise.resolve();
        const suppressed = context.active().setValue(SUPPRESS_TRACING_KEY, true);
        return context.with(suppressed, () => exportItems.apply(this, args));
      },
  );
}
