export { eventLines } from './event-lines.js';
export {
  loadScenarios,
  type ModelScenario,
  type ModelServer,
  type ModelServerOptions,
  type ModelServerRequest,
  type ScenarioCondition,
  type ScenarioFault,
  type ScenarioReply,
  type ScenarioStep,
  startModelServer,
} from './model-server.js';
export { type RecordedTelemetry, type RecordTelemetryOptions, recordTelemetry } from './record-telemetry.js';
export { type RestoreSink, type SinkCase, type SinkUnderTest, sinkConformance } from './sink-conformance.js';
export { type FinishedSpan, spanTree } from './span-tree.js';
