// CONTRIBUTING.md names what is there.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const contributing = readFileSync(path.join(root, 'CONTRIBUTING.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** What is set in code: `like this`. */
const named = [...contributing.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

test('every npm script in CONTRIBUTING.md exists', () => {
  const names = named.flatMap((code) => code.match(/^npm run ([\w:-]+)/)?.[1] ?? []);
  expect(names).not.toEqual([]);
  expect(names.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test('every file and folder in CONTRIBUTING.md exists', () => {
  const paths = named.flatMap(
    (code) => code.match(/(?:^|\s)((?:src|test|scripts|examples|\.ci)\/[\w./-]*)/)?.[1] ?? [],
  );
  expect(paths).not.toEqual([]);
  expect(paths.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
});
