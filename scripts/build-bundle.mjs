// Bundles the ESM entries for Node, which loads a few large files in a third of the time of 350 small ones (docs/performance.md,
// "Start-up"). The entries share their chunks, so the package exists once in a process. Bundlers take the files that
// TypeScript has written (condition `module`), of which they leave out what an application does not use.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const FOLDER = 'bundled';

/**
 * Writes dist/bundled/: the files that the condition `import` in package.json names, and `module-sync`.
 *
 * @param {string} dist - the folder of the ESM build.
 * @param {{ exports: Record<string, Conditions>, imports: Record<string, Conditions> }} manifest - package.json
 *
 * @typedef {string | { module?: string, import?: any }} Conditions
 */
export async function bundle(dist, { exports, imports }) {
  await build({
    entryPoints: Object.fromEntries(
      [...Object.values(exports), ...Object.values(imports)].flatMap((conditions) =>
        entryOf(dist, conditions),
      ),
    ),
    outdir: path.join(dist, FOLDER),
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // V8 reads all of it once. Names stay as they are, for stack traces and profiles.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
    plugins: [ownAddresses(dist)],
  });
}

/** Returns the name of an entry in dist/bundled/, and the file that it is made of. */
function entryOf(dist, conditions) {
  const bundled = conditions.import?.default ?? conditions.import;
  const name = new RegExp(`^\\./dist/${FOLDER}/(.+)\\.js$`).exec(bundled ?? '')?.[1];
  const file = conditions.module ?? conditions.import?.module;
  return name === undefined ? [] : [[name, path.join(dist, '..', file)]];
}

/** A file that finds others by its own address goes by the address that it has outside of the bundle. */
function ownAddresses(dist) {
  return {
    name: 'own addresses',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, async ({ path: file }) => {
        const text = await readFile(file, 'utf8');
        if (path.relative(dist, file).startsWith('..') || !text.includes('import.meta.url')) return undefined;
        const address = JSON.stringify(`../${path.relative(dist, file).split(path.sep).join('/')}`);
        const contents = text.replaceAll('import.meta.url', `new URL(${address}, import.meta.url).href`);
        return { contents, loader: 'js' };
      });
    },
  };
}
