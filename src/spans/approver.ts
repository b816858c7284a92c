/** The person who makes the decisions in the current code, carried in OpenTelemetry's context. */
import { type Context, createContextKey } from '@opentelemetry/api';
import type { Approver } from '../signals/signal.js';
import { PACKAGE_NAME } from '../version.js';

const APPROVER_KEY = createContextKey(`${PACKAGE_NAME} approver`);

export function withApproverInContext(context: Context, approver: Approver): Context {
  return context.setValue(APPROVER_KEY, approver);
}

export function getApprover(context: Context): Approver | undefined {
  return context.getValue(APPROVER_KEY) as Approver | undefined;
}
