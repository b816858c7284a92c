import * as api from '@opentelemetry/api';
import { type LoggerProvider, logs } from '@opentelemetry/api-logs';

/**
 * Returns the global API of logs. It is part of the API package from 1.10 on. The separate package `api-logs` does not see
 * a provider that is set there.
 */
export function globalLogs(): Pick<LoggerProvider, 'getLogger'> {
  return (api as { logs?: typeof logs }).logs ?? logs;
}
