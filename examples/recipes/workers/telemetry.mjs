import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

let spans;

/** The exporter takes its address when it is made. A Worker knows its variables only in a request. */
export function startTelemetry(env) {
  if (spans !== undefined) return;
  spans = new BatchSpanProcessor(
    new OTLPTraceExporter({ url: `${env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces` }),
  );
  new NodeTracerProvider({ spanProcessors: [spans] }).register();
}

export const flush = () => spans.forceFlush();
