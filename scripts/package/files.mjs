// Checks which files the package holds.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './command.mjs';
import { root } from './repository.mjs';

const REQUIRED = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/bundled/index.js',
  'dist/chaukas/index.js',
  'dist/cjs/index.cjs',
  'dist/cjs/index.d.cts',
  'dist/cli/main.js',
  'dist/testing/model-server-bundle.cjs',
  'dist/viewer/index.html',
  'dist/testing/scenarios/plain.json',
  'docs/README.md',
  'src/index.ts',
];

/** Made of `examples/model-server` and not of `src/`. */
const MODEL_SERVER = /^dist\/testing\/(model-server-bundle\.cjs|scenarios\/[\w-]+\.json)$/;

/** Made of `viewer/`: one page, one script, one style sheet. */
const VIEWER = /^dist\/viewer\/(index\.html|favicon\.svg|assets\/[\w-]+\.(js|css))$/;

/** Everything else is refused: tests, examples, and leftovers of a build. */
const ALLOWED = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
  /^src\/[\w./-]+(?<!\.(test|d))\.ts$/,
  // Without the pictures, which are larger than all pages together.
  /^docs\/[\w-]+\.md$/,
  /^proto\/[\w./-]+\.(proto|yaml)$/,
  /^dist\/(?!cjs\/)[\w./-]+\.(js|d\.ts)(\.map)?$/,
  /^dist\/bundled\/[\w-]+\.cjs(\.map)?$/,
  // Without source maps: tools that load it show their own sources, and Node does not load it.
  /^dist\/cjs\/[\w./-]+\.(cjs|d\.cts)$/,
  // Frames of stack traces are in it if Node follows source maps.
  /^scripts\/bundle\/lazy-exports\.js$/,
  MODEL_SERVER,
  VIEWER,
];

/**
 * The limits are well above today's size, and well below that of a package with a file that got in by accident. A third
 * of it is the CommonJS build: code and types once more. The model server is half a megabyte.
 */
const MAX_PACKED_BYTES = 3_800_000;
const MAX_UNPACKED_BYTES = 15_500_000;
const MAX_VIEWER_BYTES = 400_000;

/**
 * @param {string} tarball
 * @param {string} folder - where it is unpacked.
 * @returns a line with the sizes.
 * @throws Error - naming every problem.
 */
export function checkFiles(tarball, folder) {
  const unpacked = path.join(folder, 'unpacked');
  mkdirSync(unpacked);
  runCommand('tar', ['-xzf', tarball, '-C', unpacked]);
  const top = path.join(unpacked, 'package');
  const files = readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(top, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));

  const packedBytes = statSync(tarball).size;
  const sizeOf = (/** @type {readonly string[]} */ some) =>
    some.reduce((sum, file) => sum + statSync(path.join(top, file)).size, 0);
  const unpackedBytes = sizeOf(files);
  const viewerBytes = sizeOf(files.filter((file) => VIEWER.test(file)));
  const problems = [
    ...missing(files),
    ...strangers(files),
    ...unpaired(files),
    ...files.flatMap((file) => wrongContent(top, file)),
    ...tooLarge('the package, packed,', packedBytes, MAX_PACKED_BYTES),
    ...tooLarge('the page of the viewer', viewerBytes, MAX_VIEWER_BYTES),
    ...tooLarge('the package, unpacked,', unpackedBytes, MAX_UNPACKED_BYTES),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return `${files.length} files, ${kilobytes(packedBytes)} packed, ${kilobytes(unpackedBytes)} unpacked`;
}

/** @param {readonly string[]} files */
function missing(files) {
  return REQUIRED.filter((file) => !files.includes(file)).map((file) => `${file} is missing`);
}

/** @param {readonly string[]} files */
function strangers(files) {
  return files
    .filter((file) => !ALLOWED.some((pattern) => pattern.test(file)))
    .map((file) => `${file} does not belong in the package; see "files" in package.json`);
}

/**
 * A source without its four results, or a result without its source, means that the build is older than the source. Not
 * every source is in the CommonJS build.
 *
 * @param {readonly string[]} files
 */
function unpaired(files) {
  const built = files
    .filter((file) => file.startsWith('src/'))
    .flatMap((file) =>
      ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((end) =>
        file.replace('src/', 'dist/').replace(/\.ts$/, end),
      ),
    );
  const dist = files.filter(
    (file) =>
      file.startsWith('dist/') &&
      !file.startsWith('dist/bundled/') &&
      !MODEL_SERVER.test(file) &&
      !VIEWER.test(file),
  );
  const esm = dist.map((file) => file.replace(/^dist\/cjs\/(.+)\.(d\.)?c(js|ts)$/, 'dist/$1.$2$3'));
  return [
    ...built.filter((file) => !dist.includes(file)).map((file) => `${file} is missing`),
    ...dist
      .filter((_file, index) => !built.includes(esm[index]))
      .map((file) => `${file} has no source in src/`),
  ];
}

/**
 * @param {string} top
 * @param {string} file
 */
function wrongContent(top, file) {
  const text = readFileSync(path.join(top, file), 'utf8');
  const problems = text.includes(root) ? [`${file} names a folder of this machine`] : [];
  if (file.endsWith('.map')) {
    for (const source of JSON.parse(text).sources) {
      // The build has made it.
      if (source === null) continue;
      if (!existsSync(path.resolve(top, path.dirname(file), source))) {
        problems.push(`${file} maps to ${source}, which is not in the package`);
      }
    }
  }
  return problems;
}

/**
 * @param {string} what
 * @param {number} bytes
 * @param {number} limit
 */
function tooLarge(what, bytes, limit) {
  return bytes <= limit
    ? []
    : [`${what} is ${kilobytes(bytes)}; the limit in scripts/package/files.mjs is ${kilobytes(limit)}`];
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${Math.ceil(bytes / 1000)} kB`;
}
