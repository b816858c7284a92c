/** docs/attributes.md against the names in the code. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as semconv from '../../src/semconv/attributes.js';

const page = readFileSync(new URL('../../docs/attributes.md', import.meta.url), 'utf8');

/** Names that are read from spans of others, or that stand in the state of a run and on no span. */
const NEVER_SET = new Set<string>([
  semconv.ATTR_ENDUSER_ID,
  semconv.OPENAI_AGENTS_TRACEPARENT_MEMBER,
  semconv.OPENAI_AGENTS_CONTENT_MEMBER,
  semconv.OPENAI_AGENTS_CONVERSATION_MEMBER,
]);

/** Names have a dot, which the values of attributes in the same file do not. A prefix ends with one. */
const names = Object.values(semconv)
  .filter((value) => typeof value === 'string' && value.includes('.') && !NEVER_SET.has(value))
  .map((name) => (name.endsWith('.') ? `${name}{name}` : name));

/** Code of the page that looks like a name. */
const mentioned = [...page.matchAll(/`([a-z][a-z_]*\.[a-z_.]*[a-z_](?:\.\{name\})?)`/g)].map(
  ([, name = '']) => name,
);

/** A value of `gen_ai.provider.name`, and a log record. */
const OTHERS = new Set(['azure.ai.openai', 'gen_ai.client.operation.exception']);

describe('docs/attributes.md', () => {
  it('has every name that the package sets', () => {
    expect(names.length).toBeGreaterThan(130);
    expect(names.filter((name) => !mentioned.includes(name))).toEqual([]);
  });

  it('has no other name', () => {
    const known = new Set(names);
    expect(mentioned.filter((name) => !known.has(name) && !OTHERS.has(name))).toEqual([]);
  });

  it('lists each name in the first column of one table only', () => {
    const listed = page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(listed.filter((name, index) => listed.indexOf(name) !== index)).toEqual([]);
  });
});
