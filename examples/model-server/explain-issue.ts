import type { z } from 'zod';

/** Describes a validation problem in one sentence: its place, the mistake, and what to write instead. */
export function explainIssue(issue: z.core.$ZodIssue): string {
  const where = pathOf(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${where} has the unknown key ${issue.keys.map((key) => `"${key}"`).join(', ')}: remove or rename it`;
    case 'invalid_union':
      return `${where} is none of the known kinds: use ${optionsOf(issue)}`;
    case 'invalid_value':
      return `${where} must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'invalid_type':
      return `${where} must be ${ARTICLES[issue.expected] ?? issue.expected}: ${issue.message}`;
    default:
      return `${where}: ${issue.message}`;
  }
}

const ARTICLES: Partial<Record<string, string>> = {
  array: 'a list [ … ]',
  object: 'an object { … }',
  record: 'an object { … }, not a string of JSON',
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
};

function optionsOf(issue: z.core.$ZodIssueInvalidUnion): string {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
  return options.length > 0 ? options.map((option) => JSON.stringify(option)).join(', ') : issue.message;
}

/** `steps[0].reply.text`, or `the top level`. */
export function pathOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the top level';
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');
}
