// node build.mjs SOURCE OUTPUT: bundles for a server with Vite, dependencies included.
import path from 'node:path';
import { build } from 'vite';

const [, , source, output] = process.argv;
await build({
  configFile: false,
  logLevel: 'error',
  ssr: { noExternal: true },
  build: {
    ssr: path.resolve(source),
    outDir: path.dirname(output),
    emptyOutDir: false,
    minify: false,
    rollupOptions: { output: { entryFileNames: path.basename(output) } },
  },
});
