// Generates the code of the messages in proto/, with the compiler and the plugin in the versions below.
//
//   npm run generate
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const protoFolder = path.join(root, 'proto');
/** The folder of the code for each folder of proto/. */
const GENERATED = {
  chaukas: path.join(root, 'src', 'chaukas', 'generated'),
  otlp: path.join(root, 'src', 'cli', 'view', 'receiver', 'generated'),
};

// The compiler is installed apart, because the lock file would need its packages for all platforms. The plugin must
// not be newer than the runtime in package.json, and 2.13.0 is the newest that runs on Node 20.
const PACKAGES = {
  '@bufbuild/buf': '1.75.0',
  '@bufbuild/protobuf': '2.13.0',
  '@bufbuild/protoc-gen-es': '2.13.0',
};
const toolFolder = path.join(root, '.cache', 'proto-gen');
const bin = path.join(toolFolder, 'node_modules', '.bin');

installTools();
runBuf('lint', protoFolder);
for (const [source, folder] of Object.entries(GENERATED)) {
  rmSync(folder, { recursive: true, force: true });
  const only = ['--path', path.join(protoFolder, source)];
  runBuf('generate', protoFolder, ...only, '--template', template(folder), '--output', root);
  for (const file of filesIn(folder)) nameSource(file, folder);
}

function installTools() {
  const manifest = path.join(toolFolder, 'package.json');
  const wanted = JSON.stringify({ private: true, dependencies: PACKAGES });
  if (existsSync(bin) && existsSync(manifest) && readFileSync(manifest, 'utf8') === wanted) return;
  rmSync(toolFolder, { recursive: true, force: true });
  mkdirSync(toolFolder, { recursive: true });
  writeFileSync(manifest, wanted);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'], {
    cwd: toolFolder,
    stdio: 'inherit',
  });
}

/** @param {string[]} args */
function runBuf(...args) {
  execFileSync(path.join(bin, 'buf'), args, { cwd: root, stdio: 'inherit' });
}

/** @param {string} folder */
function template(folder) {
  return JSON.stringify({
    version: 'v2',
    plugins: [
      {
        local: path.join(bin, 'protoc-gen-es'),
        out: path.relative(root, folder),
        opt: ['target=ts', 'import_extension=js'],
      },
    ],
  });
}

/**
 * The first lines name the source and its hash; a test compares them with the files in proto/.
 *
 * @param {string} file
 * @param {string} folder
 */
function nameSource(file, folder) {
  const source = path
    .relative(folder, file)
    .split(path.sep)
    .join('/')
    .replace(/_pb\.ts$/, '.proto');
  const hash = createHash('sha256')
    .update(readFileSync(path.join(protoFolder, source)))
    .digest('hex');
  const header = `// Made by \`npm run generate\` from proto/${source}. Change that file, not this one.\n// sha256 ${hash}\n`;
  writeFileSync(file, header + readFileSync(file, 'utf8'));
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
