export { eventLines } from './event-lines.js';
export { type RecordedTelemetry, type RecordTelemetryOptions, recordTelemetry } from './record-telemetry.js';
export { type FinishedSpan, spanTree } from './span-tree.js';
