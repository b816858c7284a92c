// Compiles src/ to dist/, and the page of viewer/ to dist/viewer/, unless dist/ is made of the same files already. An old
// dist/ is removed first, so that a file deleted from src/ does not live on in a package.
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as buildPage } from 'vite';
import { bundle } from './build-bundle.mjs';
import { buildCommonJs } from './build-commonjs.mjs';
import { buildModelServer } from './build-model-server.mjs';
import { BuildRecord } from './build-record.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const typescript = path.dirname(createRequire(import.meta.url).resolve('typescript/package.json'));

const record = new BuildRecord(root);
if (record.isCurrent()) process.exit();
record.remove();
rmSync(path.join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [path.join(typescript, 'bin', 'tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
buildCommonJs(path.join(root, 'dist'), manifest);
await bundle(path.join(root, 'dist'), manifest);
await buildModelServer(root);
await buildPage({ configFile: path.join(root, 'viewer/vite.config.ts'), logLevel: 'warn' });

// npm makes a bin executable when it installs the package; in this repository it is run as it is built.
for (const file of ['cli/main.js', 'testing/model-server-main.js']) {
  chmodSync(path.join(root, 'dist', file), 0o755);
}
record.write();
