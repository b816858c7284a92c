import type { Attributes } from '@opentelemetry/api';
import type { SpanSnapshot } from '../../../../src/events/spans/span-snapshot.js';
import { translateSpan } from '../../../../src/events/spans/translation/translate-span.js';
import { plainSpan } from '../../plain-span.js';

/** Returns the attributes that the translation added or changed, with the JSON of messages parsed. */
export function translated(
  attributes: Attributes,
  rest: Partial<SpanSnapshot> = {},
): Record<string, unknown> {
  const span = plainSpan(attributes, rest);
  const added = Object.entries(translateSpan(span).attributes).filter(
    ([name, value]) => attributes[name] !== value,
  );
  return Object.fromEntries(
    added.map(([name, value]) => [
      name,
      /messages$|definitions$|documents$/.test(name) ? JSON.parse(String(value)) : value,
    ]),
  );
}

export function text(content: string) {
  return { type: 'text', content };
}
