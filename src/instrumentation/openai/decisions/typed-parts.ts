import { toJsonObject } from '../../../foreign/json.js';
import { asArray, asText, isRecord } from '../../../foreign/read.js';
import type { GenericPart } from '../../../semconv/messages.js';

/** Questions and answers each say what they are (`predicate`, `choice`, `score`, `refusal`): parts of their own kind. */
export function typedParts(items: unknown): GenericPart[] {
  return asArray(items)
    .filter(isRecord)
    .map((item) => ({ ...toJsonObject(item, 'item'), type: asText(item.type) ?? 'unknown' }));
}
