import { asText, isRecord } from '../../foreign/read.js';
import { describeFailure, type Failure, failure } from '../failure.js';

/** An error in an event in an event of the session, at most. */
const MAX_WRAPPINGS = 3;

/**
 * What a session's `error` event is about. It wraps an error of the provider, an event of the socket or an error of
 * the application's code, each in a way of its own (agents-realtime 0.20.0).
 */
export function describeRealtimeError(event: unknown): Failure {
  try {
    let error = event;
    for (let depth = 0; depth < MAX_WRAPPINGS; depth += 1) {
      if (!isRecord(error) || error instanceof Error || !isRecord(error.error)) break;
      error = error.error;
    }
    if (!isRecord(error) || error instanceof Error) return describeFailure(error);
    const type = asText(error.code) ?? asText(error.type);
    return type === undefined
      ? describeFailure(error)
      : failure(type, asText(error.message) ?? 'The provider reported an error');
  } catch {
    return describeFailure(event);
  }
}
