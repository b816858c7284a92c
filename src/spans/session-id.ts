/** The id of the session that the application opened around the current code, carried in OpenTelemetry's context. */
import { type Context, createContextKey } from '@opentelemetry/api';
import { PACKAGE_NAME } from '../version.js';

const SESSION_ID_KEY = createContextKey(`${PACKAGE_NAME} session id`);

export function withSessionId(context: Context, id: string): Context {
  return context.setValue(SESSION_ID_KEY, id);
}

export function getSessionId(context: Context): string | undefined {
  return context.getValue(SESSION_ID_KEY) as string | undefined;
}
