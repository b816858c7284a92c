// node build.mjs SOURCE OUTPUT: bundles with esbuild, in the format of the output's ending.
import { build } from 'esbuild';

const [, , source, outfile] = process.argv;
const esm = outfile.endsWith('.mjs');
await build({
  entryPoints: [source],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: esm ? 'esm' : 'cjs',
  logLevel: 'error',
  // Dependencies in CommonJS call require() of Node's own modules.
  banner: esm
    ? {
        js: "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);",
      }
    : {},
});
