// node build.mjs SOURCE OUTPUT: bundles with webpack. An import of a name that a module does not export is an error.
import path from 'node:path';
import webpack from 'webpack';

const [, , source, output] = process.argv;
const compiler = webpack({
  mode: 'production',
  target: 'node20',
  entry: path.resolve(source),
  output: { path: path.resolve(path.dirname(output)), filename: path.basename(output) },
  module: { parser: { javascript: { strictExportPresence: true } } },
  optimization: { minimize: false },
});
compiler.run((error, stats) => {
  if (error) throw error;
  const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
  const ours = warnings.filter(({ moduleName }) =>
    moduleName?.includes('opentelemetry-instrumentation-openai-agents'),
  );
  for (const { message, moduleName } of [...errors, ...ours]) console.error(moduleName, message);
  process.exitCode = errors.length + ours.length === 0 ? 0 : 1;
});
