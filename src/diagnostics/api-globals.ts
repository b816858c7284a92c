/**
 * The place on `globalThis` in which OpenTelemetry's API keeps registrations, whichever copy of it an application uses
 * (`@opentelemetry/api` 1.0 to 1.10, `@opentelemetry/api-logs` 0.200 to 0.223). None of it is public.
 */

/** One object with a slot for each kind of registration: `trace`, `metrics`, `context`, `propagation`, `diag`. */
export const API_GLOBAL = Symbol.for('opentelemetry.js.api.1');

/** The logs API of SDK 2 is a package of its own. */
export const LOGS_API_GLOBAL = Symbol.for('io.opentelemetry.js.api.logs');

/** Returns the slots; `undefined` if nothing is registered. */
export function apiSlots(): Record<string, unknown> | undefined {
  const slots: unknown = Reflect.get(globalThis, API_GLOBAL);
  return typeof slots === 'object' && slots !== null ? (slots as Record<string, unknown>) : undefined;
}
