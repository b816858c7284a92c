import { z } from 'zod';
import { invalidRequest } from './api-error.js';
import { pathOf } from './explain-issue.js';

/** Checks a request's body against a schema, and rejects it with the first invalid parameter. */
export function checkBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = z.safeParse(schema, body);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues.slice(0, 1).flatMap(problems).reduce(deeper);
  const param = pathOf(path);
  if (message.endsWith('received undefined')) {
    throw invalidRequest(`Missing required parameter: '${param}'.`, {
      param,
      code: 'missing_required_parameter',
    });
  }
  throw invalidRequest(`Invalid value for '${param}': ${message}`, { param, code: 'invalid_value' });
}

/** Whether the body has a model. It is checked first, because each API has its own message for a missing model. */
export function hasModel(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'model' in body && Boolean(body.model);
}

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function problems(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  return issue.errors.flat().flatMap((inner) => {
    return problems(inner).map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
  });
}

/**
 * The deeper of two problems. In a union ("a string or a list of items") the branch that matched furthest was meant.
 */
function deeper(best: Problem, next: Problem): Problem {
  return next.path.length > best.path.length ? next : best;
}
