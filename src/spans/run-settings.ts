/** Settings of a run of the Agents SDK for all calls within it, carried in OpenTelemetry's context. */
import { type Context, createContextKey } from '@opentelemetry/api';
import { PACKAGE_NAME } from '../version.js';

export interface RunSettings {
  /** The application's identifier of the conversation; never made up by this package. */
  readonly conversationId?: string | undefined;
  /** `false` if the run asked for traces without content (`traceIncludeSensitiveData: false`). */
  readonly contentAllowed: boolean;
  /** Whether the run asked for no traces at all (`tracingDisabled`). */
  readonly tracingDisabled?: boolean;
}

export const RUN_CONTEXT_KEY = createContextKey(`${PACKAGE_NAME} run`);

export function withRunSettings(context: Context, run: RunSettings): Context {
  return context.setValue(RUN_CONTEXT_KEY, run);
}

export function getRunSettings(context: Context): RunSettings | undefined {
  return context.getValue(RUN_CONTEXT_KEY) as RunSettings | undefined;
}
