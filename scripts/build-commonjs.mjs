// Makes the CommonJS build from the ESM build that TypeScript has written to dist/. It is for tools that cannot load ES
// modules by `require()`: Jest, older bundlers, and TypeScript with `module: node16`, which reads its types. Node loads
// the ESM build whichever way it is asked (condition `module-sync`), so that a process has the package once.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from 'esbuild';

/** The specifier of another file of the package, as TypeScript and esbuild print it. */
const RELATIVE = /((?:\bfrom |\bimport |\brequire\(|\bimport\()(["']))(\.{1,2}\/[^"'\n]+)\.js\2/g;

/** What `require()` of openai gives: the class, with the other exports on it, which works without `new` as well. */
const DEFAULT_EXPORT_IS_CALLED = `
const exported = module.exports;
module.exports = Object.setPrototypeOf(function (...args) {
  return Reflect.construct(exported.default, args, new.target || exported.default);
}, exported.default);
for (const name of ['__esModule', ...Object.keys(exported)]) {
  Object.defineProperty(module.exports, name, Object.getOwnPropertyDescriptor(exported, name));
}
module.exports.prototype = exported.default.prototype;
`;

/**
 * Writes dist/cjs/, with the same files as dist/ in the same places. It has what the `require` conditions of `exports`
 * need.
 *
 * @param {string} dist - the folder of the ESM build.
 * @param {{ exports: Record<string, Conditions>, imports: Record<string, Conditions> }} manifest - package.json
 *
 * @typedef {string | { 'module-sync'?: string, import?: any, require?: any }} Conditions
 */
export function buildCommonJs(dist, { exports, imports }) {
  const entries = Object.values(exports).filter((conditions) => conditions.require !== undefined);
  for (const file of withImported(
    dist,
    entries.map(({ require }) => esmFile(require.types)),
  ))
    writeTypes(dist, file);

  // Node loads such an entry twice, from both builds. It finds what exists once by a name in `imports`.
  const twice = new Set(
    entries
      .filter((conditions) => conditions['module-sync'] === undefined)
      .map(({ require }) => esmFile(require.default)),
  );
  const names = new Map(
    Object.entries(imports)
      .filter(([, target]) => target.require !== undefined)
      .map(([name, target]) => [`./${esmFile(target.require)}`, name]),
  );
  for (const file of withImported(
    dist,
    entries.map(({ require }) => esmFile(require.default)),
  )) {
    writeCode(dist, file, twice.has(file) ? names : new Map());
  }
}

/** The file of the ESM build that became this file of the CommonJS build, relative to dist/. */
function esmFile(file) {
  const [, name, end] = /^\.\/dist\/cjs\/(.+)\.(cjs|d\.cts)$/.exec(file) ?? [];
  if (name === undefined)
    throw new Error(`package.json names ${file}; a file for require() is in ./dist/cjs/`);
  return `${name}.${end === 'cjs' ? 'js' : 'd.ts'}`;
}

/** Returns these files and all that they import, directly or not. */
function withImported(dist, files) {
  const found = new Set(files);
  for (const file of found) {
    const end = file.endsWith('.d.ts') ? '.d.ts' : '.js';
    for (const [, , , specifier] of readFileSync(path.join(dist, file), 'utf8').matchAll(RELATIVE)) {
      found.add(path.posix.join(path.posix.dirname(file), specifier) + end);
    }
  }
  return found;
}

function writeTypes(dist, file) {
  const text = readFileSync(path.join(dist, file), 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
  write(dist, file.replace(/\.d\.ts$/, '.d.cts'), text.replaceAll(RELATIVE, '$1$3.cjs$2'));
}

/** @param {ReadonlyMap<string, string>} names - other names of files that it imports. */
function writeCode(dist, file, names) {
  const { code, warnings } = transformSync(readFileSync(path.join(dist, file), 'utf8'), {
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    // Jest has no import() without a flag of Node.
    supported: { 'dynamic-import': false },
    // It is only passed to createRequire(), which takes a path as well.
    define: { 'import.meta.url': '__filename' },
    sourcefile: file,
    footer: /\bas default\b/.test(readFileSync(path.join(dist, file), 'utf8'))
      ? DEFAULT_EXPORT_IS_CALLED
      : '',
  });
  if (warnings.length > 0) throw new Error(`${file}: ${warnings.map(({ text }) => text).join('; ')}`);
  write(
    dist,
    file.replace(/\.js$/, '.cjs'),
    code.replaceAll(RELATIVE, (_all, before, quote, specifier) => {
      const name = names.get(`${specifier}.js`);
      return before + (name ?? `${specifier}.cjs`) + quote;
    }),
  );
}

function write(dist, file, text) {
  const target = path.join(dist, 'cjs', file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
}
