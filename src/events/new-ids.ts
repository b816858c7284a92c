import { randomBytes } from 'node:crypto';

/** Identifiers for what no span stands for, in the form of OpenTelemetry's. */
export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

export function newSpanId(): string {
  return randomBytes(8).toString('hex');
}
