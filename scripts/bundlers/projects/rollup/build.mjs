// node build.mjs SOURCE OUTPUT: bundles with rollup. Dependencies in CommonJS become modules by its plugin.
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import nodeResolve from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';

const [, , input, file] = process.argv;
const bundle = await rollup({
  input,
  plugins: [nodeResolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs(), json()],
  onwarn(warning, warn) {
    if (warning.code === 'MISSING_EXPORT') throw new Error(warning.message);
    if (warning.ids?.some((id) => id.includes('opentelemetry-instrumentation-openai-agents'))) warn(warning);
  },
});
await bundle.write({ file, format: 'es', inlineDynamicImports: true });
