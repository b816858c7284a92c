// The backends for the tests: where their binaries are, and how each is built from source.
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

/** The ignored folder that holds everything built or written here; safe to delete. */
export const cacheFolder = path.resolve(here, '../../.cache/backends');

const collectorVersion = '0.162.0';

/** @type {typeof import('./binaries.d.mts').recipes} */
export const recipes = {
  otelcol: {
    name: 'otelcol',
    envVar: 'OTELCOL_BIN',
    version: collectorVersion,
    manifest: path.join(here, 'collector/builder.yaml'),
    coldTime: 'about 2.5 min',
    command: [
      ...['go', 'run', `go.opentelemetry.io/collector/cmd/builder@v${collectorVersion}`],
      ...['--config', 'builder.yaml'],
    ],
    output: 'otelcol/otelcol',
    env: {},
  },
  jaeger: {
    name: 'jaeger',
    envVar: 'JAEGER_BIN',
    version: '2.13.0',
    manifest: path.join(here, 'jaeger/go.mod'),
    coldTime: 'about 5 min',
    command: [
      // The manifest names Jaeger alone. With -mod=mod, go completes it and writes go.sum while it builds.
      ...['go', 'build', '-mod=mod', '-trimpath', '-ldflags', '-s -w', '-o', 'jaeger'],
      'github.com/jaegertracing/jaeger/cmd/jaeger',
    ],
    output: 'jaeger',
    env: {
      // Behind some proxies the checksum database does not answer for all of these modules (seen 2026-11-21).
      GONOSUMDB: 'github.com/open-telemetry/*,go.opentelemetry.io/*',
    },
  },
};

/** @type {typeof import('./binaries.d.mts').binaryPath} */
export function binaryPath(name) {
  const recipe = recipes[name];
  const binary = userBinary(recipe) ?? builtBinary(recipe);
  if (!existsSync(binary)) {
    throw new Error(`${binary} is not built yet: run \`node scripts/backends/build.mjs\`.`);
  }
  return binary;
}

/** @type {typeof import('./binaries.d.mts').userBinary} */
export function userBinary(recipe) {
  const value = process.env[recipe.envVar];
  if (value === undefined || value === '') return undefined;
  if (!isExecutableFile(value)) {
    throw new Error(
      `${recipe.envVar}=${value} is not an executable file: set it to the path of ${recipe.name} ` +
        `${recipe.version}, or unset it to have that built.`,
    );
  }
  return path.resolve(value);
}

/** @type {typeof import('./binaries.d.mts').builtBinary} */
export function builtBinary(recipe) {
  // The hash is part of the name, so that a changed manifest counts as not built yet.
  const hash = createHash('sha256').update(readFileSync(recipe.manifest)).digest('hex').slice(0, 8);
  return path.join(cacheFolder, `${recipe.name}-${recipe.version}-${hash}`);
}

/** @param {string} file */
function isExecutableFile(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
