import type { Attributes, AttributeValue } from '@opentelemetry/api';

/**
 * Sets an attribute if it has a value. Without a value the member does not exist, unlike one that is `undefined`.
 *
 * Use it for sets with more than a few members on the path of every call. A literal with computed names is built by
 * calls into V8's runtime, name by name (measured in Node 20: twenty microseconds for a request with three out of
 * thirty possible attributes).
 */
export function setIfDefined(attributes: Attributes, name: string, value: AttributeValue | undefined): void {
  if (value !== undefined) attributes[name] = value;
}
