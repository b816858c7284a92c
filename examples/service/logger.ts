/** Structured logs: one JSON line per entry, with the ids of the active span. */
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { type Level, type Logger, multistream, pino } from 'pino';
import type { ServiceVariables } from './environment.js';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly name: string;
  readonly level: ServiceVariables['LOG_LEVEL'];
  /** Path of a file that gets the same lines as standard output. */
  readonly file?: string | undefined;
  /** Whether lines go to standard output as well. Default true. */
  readonly stdout?: boolean;
}

export function createLogger({ name, level, file, stdout = true }: LoggerOptions): Logger {
  const outputs = stdout ? [{ level: streamLevel(level), stream: pino.destination(1) }] : [];
  if (file !== undefined) {
    outputs.push({ level: streamLevel(level), stream: pino.destination({ dest: file, mkdir: true }) });
  }
  return pino(
    {
      name,
      level,
      mixin: activeIds,
      serializers: { err: errorFields },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    multistream(outputs),
  );
}

/** `silent` is a level of the logger only. */
function streamLevel(level: LoggerOptions['level']): Level {
  return level === 'silent' ? 'fatal' : level;
}

/** Returns the ids of the active span, by which a log line is found from its trace and the other way round. */
export function activeIds(): { trace_id?: string; span_id?: string } {
  const spanContext = trace.getActiveSpan()?.spanContext();
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return {};
  return { trace_id: spanContext.traceId, span_id: spanContext.spanId };
}

/** Nothing but these: an error of a client can carry headers and bodies. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  return { type: error.name, message: error.message, stack: error.stack };
}
