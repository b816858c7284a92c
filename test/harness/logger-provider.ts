// Log records as plain data, from the loaded version of the SDK.
import { createRequire } from 'node:module';
import type { SpanContext } from '@opentelemetry/api';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';

export interface EmittedRecord {
  readonly eventName: string | undefined;
  readonly severityNumber: number | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly spanContext: SpanContext | undefined;
}

export interface InMemoryLogs {
  readonly provider: LoggerProvider;
  /** The log records since the last reset. */
  records(): EmittedRecord[];
  reset(): void;
}

/** Not registered globally, because SDK 2.x and 3.x keep the global logger provider in different places. */
export function makeLoggerProvider(): InMemoryLogs {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
  return {
    provider,
    records: () => exporter.getFinishedLogRecords().map(asPlainData),
    reset: () => exporter.reset(),
  };
}

/** The logs API of the SDK, by which it registers a provider. */
export interface LogsApi {
  setGlobalLoggerProvider(provider: object): unknown;
  disable(): void;
}

/** Returns the SDK's copy of the logs API: a package of its own, or a part of `@opentelemetry/api`. */
export function logsApiOfSdk(): LogsApi {
  const require = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/sdk-logs'));
  const api = require('@opentelemetry/api') as { logs?: LogsApi };
  return api.logs ?? (require('@opentelemetry/api-logs') as { logs: LogsApi }).logs;
}

function asPlainData(record: ReadableLogRecord): EmittedRecord {
  const { eventName, severityNumber, attributes, body, spanContext } = record;
  return { eventName, severityNumber, attributes, body, spanContext };
}
