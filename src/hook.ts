/**
 * The loader hook by which OpenTelemetry sees the imports of ES modules:
 * `register('opentelemetry-instrumentation-openai-agents/hook.mjs', import.meta.url)`.
 *
 * It is that of this package's own `@opentelemetry/instrumentation`, which an application need not have installed itself:
 * pnpm and Plug'n'Play resolve only what an application names, and another copy of the hook does not know ours.
 */
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
// @ts-expect-error: the package has no types for this file.
import * as hook from '@opentelemetry/instrumentation/hook.mjs';

export const initialize: InitializeHook<unknown> = hook.initialize;
export const load: LoadHook = hook.load;
export const resolve: ResolveHook = hook.resolve;
