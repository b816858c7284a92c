// CONTRIBUTING.md names scripts, files and folders that exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const contributing = readFileSync(path.join(root, 'CONTRIBUTING.md'), 'utf8');
const { scripts, dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

/** The texts that are set in code, `like this`. */
const named = [...contributing.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

test('Every npm script in CONTRIBUTING.md exists', () => {
  const names = named.flatMap((code) => code.match(/^npm run ([\w:-]+)/)?.[1] ?? []);
  expect(names).not.toEqual([]);
  expect(names.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test('Every file and folder in CONTRIBUTING.md exists', () => {
  const paths = named.flatMap(
    (code) => code.match(/(?:^|\s)((?:src|test|scripts|examples|\.ci)\/[\w./-]*)/)?.[1] ?? [],
  );
  expect(paths).not.toEqual([]);
  expect(paths.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
});

test('Each dependency in package.json has its reason in CONTRIBUTING.md', () => {
  const [, section = ''] = /^## Dependencies\n(.*?)(?=^## |$(?![\s\S]))/ms.exec(contributing) ?? [];
  const rows = [...section.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)];
  expect(rows.map(([, name]) => name)).toEqual(Object.keys(dependencies).sort());
});

test('The folder tree in CONTRIBUTING.md is that of src/', () => {
  const [, tree = ''] = /^```text\nsrc\/\n(.*?)^```/ms.exec(contributing) ?? [];
  const parents: string[] = [];
  const listed = tree
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, indent = '', name = ''] = /^( +)(\S+)/.exec(line) ?? [];
      parents.length = indent.length / 2;
      parents.push(name.replace(/\/$/, ''));
      return parents.slice(1).join('/');
    });
  expect(listed.filter((name) => !existsSync(path.join(root, 'src', name)))).toEqual([]);

  const folders = readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.relative(path.join(root, 'src'), path.join(entry.parentPath, entry.name)))
    .map((folder) => folder.replaceAll(path.sep, '/'))
    .filter((folder) => !folder.includes('/generated/'));
  expect(folders.filter((folder) => !listed.includes(folder))).toEqual([]);
});
