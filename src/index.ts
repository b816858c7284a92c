export type {
  Author,
  ChaukasEvent,
  EventContent,
  EventStatus,
  EventType,
  Severity,
} from './chaukas/event.js';
export { EVENT_TYPES } from './chaukas/event.js';
export type { CostOptions, ModelPrices, ModelPricing } from './cost/cost-options.js';
export type { DeadLetterOptions } from './delivery/dead-letter-file.js';
export type { SinkStats } from './delivery/delivery-destination.js';
export type { SpoolOptions } from './delivery/spool/spool-options.js';
export { configFromEnv } from './environment/config-from-env.js';
export { ChaukasSpanProcessor, type ChaukasSpanProcessorStats } from './events/chaukas-span-processor.js';
export type { ChaukasSpanProcessorConfig } from './events/config.js';
export type { RetryDetectionOptions } from './events/retries/application-retries.js';
export type {
  CheckpointDetails,
  CheckpointOptions,
  CheckpointSigner,
} from './events/sealing/checkpoint-options.js';
export type { ToolEventPatterns, ToolNamePattern } from './events/tool-name-patterns.js';
export { type TraceOpenAIOptions, traceOpenAI } from './instrumentation/client/trace-openai.js';
export type {
  OpenAIAgentsInstrumentationConfig,
  TelemetryOptions,
} from './instrumentation/config.js';
export type { ManuallyInstrumentedModules } from './instrumentation/instrumented-modules.js';
export { OpenAIAgentsInstrumentation } from './instrumentation/openai-agents-instrumentation.js';
export { type SessionHandle, startSession, withSession } from './instrumentation/session/open-session.js';
export type { SessionOptions } from './instrumentation/session/session-span.js';
export { type ContextOptions, withContext } from './instrumentation/session/with-context.js';
export { type DataAccessOptions, recordDataAccess } from './record/data-access.js';
export { type FeedbackOptions, recordFeedback } from './record/feedback.js';
export { type PolicyDecisionOptions, recordPolicyDecision } from './record/policy-decision.js';
export { recordStateUpdate, type StateUpdateOptions } from './record/state-update.js';
export { recordSystemEvent, type SystemEventOptions } from './record/system-event.js';
export { type Approver, withApprover } from './record/with-approver.js';
export type { RedactionDetector } from './redaction/detectors/index.js';
export type {
  RedactionCallback,
  RedactionEventInfo,
  RedactionField,
  RedactionMethod,
  RedactionOptions,
  RedactionPattern,
} from './redaction/redaction-options.js';
export { AlwaysRecordSampler, type Sampler, type SamplingResult } from './sampling/always-record-sampler.js';
export type { FileRotationOptions } from './sinks/append-file.js';
export type { LogResource } from './sinks/audit-log-record.js';
export { ChaukasApiSink, type ChaukasApiSinkOptions } from './sinks/chaukas-api-sink.js';
export { DeliveryError, type DeliveryErrorOptions, type DeliveryOutcome } from './sinks/delivery-error.js';
export type { DeliveryOptions, DeliveryRetryOptions } from './sinks/delivery-options.js';
export type { EventSink, SendOptions, SinkInThread, StoredEvents, StoredStream } from './sinks/event-sink.js';
export { FileSink, type FileSinkOptions } from './sinks/file-sink.js';
export type { SinkFetch, SinkRequest, SinkResponse } from './sinks/http/http-poster.js';
export type { WebhookSigning } from './sinks/http/webhook-signature.js';
export { HttpSink, type HttpSinkOptions } from './sinks/http-sink.js';
export type { KafkaCompression, KafkaProducer, KafkaRecord, KafkaSasl } from './sinks/kafka/producer.js';
export { KafkaSink, type KafkaSinkOptions } from './sinks/kafka-sink.js';
export { MemorySink } from './sinks/memory-sink.js';
export {
  type LogExporter,
  type LogExportResult,
  OtlpLogSink,
  type OtlpLogSinkOptions,
} from './sinks/otlp-log-sink.js';
export { StdoutSink } from './sinks/stdout-sink.js';
export type { CaptureMode } from './spans/capture-mode.js';
