// Makes what Node loads: CommonJS files in which modules are joined, which Node loads in a third of the time of 350 single
// ones (`npm run bench:startup`), and for each entry an ES module in front. What an application may never use is loaded
// when it is used (bundle/lazy-modules.mjs). The entries share their files, so the package exists once in a process, however
// it is loaded. Bundlers take the files that TypeScript has written (condition `module`), of which they leave out what an
// application does not use.
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { assertNoCycle, toCommonJs, toModule } from './bundle/commonjs-chunk.mjs';
import { entryPoints, lazyModules } from './bundle/lazy-modules.mjs';

const FOLDER = 'bundled';

/** The entry that hands on all exports of another package, which only an ES module can. */
const MODULE_ONLY = 'openai';

const FORMAT = {
  platform: 'node',
  target: 'node20.19',
  // V8 reads all of it once. Names stay as they are, for stack traces and profiles.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  sourcesContent: false,
};

/**
 * Writes dist/bundled/: the files that the condition `import` in package.json names, and `module-sync`.
 *
 * @param {string} dist - the folder of the ESM build.
 * @param {{ exports: Record<string, Conditions>, imports: Record<string, Conditions> }} manifest - package.json
 *
 * @typedef {string | { module?: string, import?: any }} Conditions
 */
export async function bundle(dist, { exports, imports }) {
  const outdir = path.join(dist, FOLDER);
  const entries = new Map([...Object.values(exports), ...Object.values(imports)].flatMap(entryOf));
  const { outputFiles, metafile } = await build({
    entryPoints: entryPoints(entries),
    outdir,
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: FORMAT.platform,
    target: FORMAT.target,
    sourcemap: 'inline',
    sourcesContent: FORMAT.sourcesContent,
    write: false,
    metafile: true,
    absWorkingDir: dist,
    logLevel: 'warning',
    plugins: [lazyModules(dist), ownAddresses(dist)],
  });

  assertNoCycle(metafile.outputs);
  mkdirSync(outdir, { recursive: true });
  for (const { path: file, text } of outputFiles) {
    const output = metafile.outputs[path.relative(dist, file)];
    const name = path.basename(file, '.js');
    const statements = output.imports.filter(({ kind }) => kind === 'import-statement').length;
    const isModule = name === MODULE_ONLY;
    const convert = isModule ? toModule : toCommonJs;
    const { code, map } = await convert(text, statements, { ...FORMAT, sourcemap: true, sourcefile: name });
    const written = path.join(outdir, isModule ? `${name}.js` : `${name}.cjs`);
    writeFileSync(written, `${code}//# sourceMappingURL=${path.basename(written)}.map\n`);
    writeFileSync(`${written}.map`, withOwnSources(map));
    if (entries.has(name) && !isModule)
      writeFileSync(path.join(outdir, `${name}.js`), entryModule(name, output.exports));
  }
}

/** The sources that the package has as files. */
const SHIPPED = /^\.\.\/\.\.\/(src\/|scripts\/bundle\/lazy-exports\.js$)/;

/** A source map without the names of what the build has made, which are in no file. */
function withOwnSources(map) {
  const { sources, ...rest } = JSON.parse(map);
  return JSON.stringify({
    ...rest,
    sources: sources.map((source) => (SHIPPED.test(source) ? source : null)),
  });
}

/** The ES module of an entry, from which Node takes the names that can be imported. */
function entryModule(name, exports) {
  if (exports.length === 0) return `import './${name}.cjs';\n`;
  return `import entry from './${name}.cjs';\n\nexport const { ${exports.join(', ')} } = entry;\n`;
}

/** Returns the name of an entry in dist/bundled/, and the file that it is made of. */
function entryOf(conditions) {
  const bundled = conditions.import?.default ?? conditions.import;
  const name = new RegExp(`^\\./dist/${FOLDER}/(.+)\\.js$`).exec(bundled ?? '')?.[1];
  const file = conditions.module ?? conditions.import?.module;
  return name === undefined ? [] : [[name, path.relative('dist', file)]];
}

/** A file that finds others by its own address goes by the address that it has outside of the bundle. */
function ownAddresses(dist) {
  return {
    name: 'own addresses',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/, namespace: 'file' }, async ({ path: file }) => {
        const text = await readFile(file, 'utf8');
        if (path.relative(dist, file).startsWith('..') || !text.includes('import.meta.url')) return undefined;
        const address = `../${path.relative(dist, file).split(path.sep).join('/')}`;
        // One line more or less would move all others in stack traces.
        const contents =
          "import { pathToFileURL as pathToOwnUrl } from 'node:url';" +
          text.replaceAll('import.meta.url', `pathToOwnUrl(\`\${__dirname}/${address}\`).href`);
        return { contents, loader: 'js' };
      });
    },
  };
}
