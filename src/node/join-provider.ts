import { asRecord } from '../json/readers.js';
import type { SdkSpanProcessor } from './opentelemetry-sdk.js';

/**
 * Adds span processors to a tracer provider that another part of the process has made.
 *
 * SDK 2 and 3 take processors only in the provider's constructor, and keep them in a private list (2.0 to 3.1). The list
 * may be the application's own array, so it is replaced and not changed.
 *
 * @returns the function that takes the processors out again; `undefined` if the provider has no such list.
 */
export function joinProvider(
  provider: unknown,
  processors: readonly SdkSpanProcessor[],
): (() => void) | undefined {
  const { getDelegate } = provider as { getDelegate?(): unknown };
  const delegate = asRecord(getDelegate === undefined ? provider : getDelegate.call(provider));
  const active = delegate?._activeSpanProcessor as { _spanProcessors?: unknown } | undefined;
  if (!Array.isArray(active?._spanProcessors)) return undefined;
  const list = () => active._spanProcessors as unknown[];
  active._spanProcessors = [...list(), ...processors];
  return () => {
    active._spanProcessors = list().filter((each) => !processors.some((added) => added === each));
  };
}
