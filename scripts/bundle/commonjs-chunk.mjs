// Makes a CommonJS file of an ES module that esbuild has written. Node loads CommonJS without a wait, so that a module can
// be loaded in the middle of a call, and while other modules are still loading.
import { transform } from 'esbuild';

const LIST = String.raw`\{([^{}]*)\}`;
const FROM = String.raw`from "([^"\n]+)";`;
const IMPORT = new RegExp(
  String.raw`^import (?:(?:([\w$]+)(?:, )?)?(?:\* as ([\w$]+) |${LIST} | )${FROM}|"([^"\n]+)";)$`,
  'gm',
);
const EXPORT = new RegExp(`^export ${LIST};$`, 'gm');

// For `module` and `require`, which the code may have as variables of its own; esbuild gives those other names. The words
// are as long, so that the source map stays right.
const MODULE = 'modul$';
const REQUIRE = 'requir$';

/**
 * Returns the code and its source map. The values of imports are read once, as Node reads them from a CommonJS module:
 * that is as fast as an ES module, and right because no file of the package exports a variable that changes.
 *
 * @param {string} text - an ES module of esbuild's that is not minified, with a source map in it.
 * @param {number} imports - the number of its import statements.
 * @param {import('esbuild').TransformOptions} options
 */
export async function toCommonJs(text, imports, options) {
  let found = 0;
  const converted = text
    .replaceAll(IMPORT, (_all, main, whole, names, file, effect) => {
      found += 1;
      if (effect !== undefined) return `${REQUIRE}(${required(effect)});`;
      const module = `${REQUIRE}(${required(file)})`;
      if (whole !== undefined) return `const ${whole} = ${module};`;
      const parts = names === undefined ? [] : [`const {${names.replaceAll(' as ', ': ')}} = ${module};`];
      if (main !== undefined) parts.push(`const ${main} = ${module};`);
      return parts.join(' ');
    })
    .replaceAll(
      EXPORT,
      (_all, names) => `${MODULE}.exports = {${names.replaceAll(/([\w$]+) as ([\w$]+)/g, '$2: $1')}};`,
    )
    .replaceAll(/\bimport\("(\.\/[^"]+)\.js"\)/g, 'import("$1.cjs")')
    .replaceAll(/\bloadLazy\("([^"]+)"\)/g, `${REQUIRE}("./$1.cjs")`);
  if (found !== imports) throw new Error(`${options.sourcefile}: found ${found} imports of ${imports}`);
  const { code, map } = await transform(`"use strict";${converted}`, {
    ...options,
    format: 'cjs',
    // So that Jest and others that have no import() in CommonJS can load it.
    supported: { 'dynamic-import': false },
  });
  return { code: code.replaceAll(MODULE, 'module').replaceAll(REQUIRE, 'require'), map };
}

function required(file) {
  return JSON.stringify(file.replace(/^(\.\/.+)\.js$/, '$1.cjs'));
}

/** Returns the module and its source map, with imports of files that are CommonJS now. */
export async function toModule(text, imports, options) {
  let found = text.match(/^export \* from /gm)?.length ?? 0;
  const code = text.replaceAll(IMPORT, (all, _main, _whole, names, file, effect) => {
    found += 1;
    if (effect !== undefined) return `import ${required(effect)};`;
    if (names === undefined || !file.startsWith('./')) return all;
    const module = `module${found}`;
    return `import ${module} from ${required(file)}; const {${names.replaceAll(' as ', ': ')}} = ${module};`;
  });
  if (found !== imports) throw new Error(`${options.sourcefile}: found ${found} imports of ${imports}`);
  return transform(code, { ...options, format: 'esm' });
}

/** Files that import each other would see each other's exports before they are there. */
export function assertNoCycle(outputs) {
  const done = new Set();
  const visit = (file, path) => {
    if (path.includes(file)) throw new Error(`files import each other: ${[...path, file].join(' > ')}`);
    if (done.has(file)) return;
    done.add(file);
    for (const { path: imported, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement') visit(imported, [...path, file]);
  };
  for (const file of Object.keys(outputs)) visit(file, []);
}
