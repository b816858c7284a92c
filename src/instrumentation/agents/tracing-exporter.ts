/**
 * Hook of the SDK's own exporter, which sends traces to OpenAI with `fetch`, from a timer. An HTTP instrumentation
 * would record each upload as a trace of its own, so uploads run with OpenTelemetry's tracing suppressed.
 */
import { context } from '@opentelemetry/api';
import { withoutTracing } from '../../diagnostics/suppressed-tracing.js';
import { asFunction, type UnknownRecord } from '../../json/readers.js';
import type { MethodPatches } from '../patching/method-patches.js';

export interface TracingExporterOptions {
  /** With `off` the SDK's exporter stays registered and sends nothing. */
  readonly openaiTraceExport: 'keep' | 'off';
}

/** @param agents - the module `@openai/agents-openai`, or `@openai/agents`, which re-exports it. */
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
        return withoutTracing(context.active(), () => exportItems.apply(this, args));
      },
  );
}
