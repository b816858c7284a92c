import { asText } from '../../foreign/read.js';

/** The convention records a requested tier only when it is not the default `auto`. */
export function requestedServiceTier(tier: unknown): string | undefined {
  const requested = asText(tier);
  return requested === 'auto' ? undefined : requested;
}
