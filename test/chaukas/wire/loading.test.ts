import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const LOADING = /^(?:import|export) (?!type )[^;]*?from '([^']+)'|^import '([^']+)'/gm;

/** All modules that are loaded with a file: files of this package by path, other packages by name. */
function loadedBy(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const [, from, bare] of readFileSync(entry, 'utf8').matchAll(LOADING)) {
    const specifier = from ?? bare ?? '';
    if (!specifier.startsWith('.')) seen.add(specifier);
    else loadedBy(path.join(path.dirname(entry), specifier.replace(/\.js$/, '.ts')), seen);
  }
  return seen;
}

it.each([
  ['src/index.ts', false],
  ['src/openai.ts', false],
  ['src/chaukas/index.ts', true],
])('%s loads protobuf: %s', (entry, expected) => {
  const loaded = [...loadedBy(entry)];
  expect(loaded.some((module) => module.startsWith('@bufbuild/'))).toBe(expected);
  expect(loaded).toContain(entry.includes('chaukas') ? 'src/chaukas/event.ts' : '@opentelemetry/api');
});
