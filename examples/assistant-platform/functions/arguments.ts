/** Arguments that a model wrote: parsed, cleaned and validated, before a handler sees them. */
import type { z } from 'zod';

/** Longest arguments that are parsed, in characters. */
const MAX_LENGTH = 32_768;
/** Deepest nesting of arguments. */
const MAX_DEPTH = 16;

/** Arguments that are fit for the handler, or the reason why not, in words for the model. */
export type ReadArguments =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly code: 'arguments_incomplete' | 'arguments_invalid';
      readonly message: string;
    };

/**
 * Reads the arguments of a call.
 *
 * @param truncated - whether the model stopped at its token limit, so that JSON that does not parse is only the beginning.
 */
export function readArguments(text: string, schema: z.ZodType, truncated = false): ReadArguments {
  if (text.length > MAX_LENGTH) return invalid(`The arguments are longer than ${MAX_LENGTH} characters.`);
  let parsed: unknown;
  try {
    // Models send an empty string for a function without parameters.
    parsed = JSON.parse(text.trim() === '' && !truncated ? '{}' : text);
  } catch {
    return truncated ? incomplete() : invalid('The arguments are not valid JSON.');
  }
  const depth = depthOf(parsed);
  if (depth > MAX_DEPTH) return invalid(`The arguments are nested deeper than ${MAX_DEPTH} levels.`);
  const result = schema.safeParse(sanitize(parsed));
  return result.success ? { ok: true, value: result.data } : invalid(describeIssues(result.error));
}

/**
 * Returns a copy without what no handler should meet: control characters and lone surrogates in texts, blanks around
 * them, and members that reach the prototype of an object.
 */
export function sanitize(value: unknown): unknown {
  if (typeof value === 'string') return sanitizeText(value);
  if (Array.isArray(value)) return value.map(sanitize);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !DANGEROUS_KEYS.has(key))
      .map(([key, member]) => [key, sanitize(member)]),
  );
}

const DANGEROUS_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function sanitizeText(text: string): string {
  // Tabs and line breaks stay.
  return text.replace(/(?![\t\n\r])[\p{Cc}\p{Surrogate}]/gu, '').trim();
}

function depthOf(value: unknown): number {
  // Breadth first: JSON.parse accepts nesting on which a recursion would overflow.
  let level: unknown[] = [value];
  let depth = 0;
  while (level.length > 0 && depth <= MAX_DEPTH) {
    level = level.flatMap((entry) =>
      typeof entry === 'object' && entry !== null ? Object.values(entry) : [],
    );
    depth += 1;
  }
  return depth;
}

function describeIssues(error: z.ZodError): string {
  const issues = error.issues.slice(0, 5).map(({ path, message }) => {
    const place = path.map(String).join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  return `The arguments do not fit the parameters. ${issues.join('. ')}.`;
}

function invalid(message: string): ReadArguments {
  return { ok: false, code: 'arguments_invalid', message };
}

function incomplete(): ReadArguments {
  return {
    ok: false,
    code: 'arguments_incomplete',
    message: 'The arguments end too early. Call the function again with shorter arguments.',
  };
}
