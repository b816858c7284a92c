// Log records as plain data, from the loaded version of the SDK.
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

function asPlainData(record: ReadableLogRecord): EmittedRecord {
  const { eventName, severityNumber, attributes, body, spanContext } = record;
  return { eventName, severityNumber, attributes, body, spanContext };
}
