import * as api from '@opentelemetry/api';
import { type Logger, type LoggerProvider, logs } from '@opentelemetry/api-logs';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.js';
import { LOGS_API_GLOBAL } from './api-globals.js';

let provider: Pick<LoggerProvider, 'getLogger'> | undefined;
let logger: Logger | undefined;

/**
 * Returns the logger of the provider that is registered now. A logger that is fetched before is a proxy of one copy of
 * the logs API, and the provider may be registered through another one: an installation has many.
 */
export function globalLogger(): Logger {
  const current = globalLoggerProvider();
  if (logger === undefined || current !== provider) {
    provider = current;
    logger = current.getLogger(PACKAGE_NAME, PACKAGE_VERSION);
  }
  return logger;
}

/**
 * The logs API is a package of its own, and from `@opentelemetry/api` 1.10 on also a part of that one. The provider is
 * where the SDK put it.
 *
 * The part is read by reflection: a bundler refuses a reference to an export that the installed version lacks.
 */
export function globalLoggerProvider(): Pick<LoggerProvider, 'getLogger'> {
  if (LOGS_API_GLOBAL in globalThis) return logs.getLoggerProvider();
  const part = Reflect.get(api, 'logs') as typeof logs | undefined;
  return (part ?? logs).getLoggerProvider();
}
