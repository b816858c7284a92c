// Checks and publishes a version. Without --publish it does everything but publish.
//
//   npm run release -- --dry-run
//   npm run release -- --publish
//
// It leaves the tarball and its bill of materials (CycloneDX) in .cache/release/. npm signs the provenance, for which it
// needs the identity of a CI job: GitHub Actions with `id-token: write`, or GitLab with SIGSTORE_ID_TOKEN.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './package/command.mjs';
import { manifest, root } from './package/repository.mjs';

const FOLDER = path.join(root, '.cache/release');
const IDENTITIES = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'SIGSTORE_ID_TOKEN'];

const flags = process.argv.slice(2);
const publishes = flags.includes('--publish');
const unknown = flags.filter((flag) => flag !== '--publish' && flag !== '--dry-run');
if (unknown.length > 0 || (publishes && flags.includes('--dry-run'))) {
  throw new Error(`arguments are ${flags.join(' ')}; use --dry-run or --publish`);
}

/** What keeps this version from being published. A dry run names it and goes on. */
const obstacles = [...checkTree(), ...checkVersion(), ...(publishes ? checkIdentity() : [])];
for (const obstacle of obstacles) console.log(`not yet: ${obstacle}`);
if (publishes && obstacles.length > 0) process.exit(1);

run('npm', ['run', 'test:package']);
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const tarball = pack();
writeBillOfMaterials();
if (publishes) {
  run('npm', ['publish', tarball, '--provenance', '--access', 'public']);
  console.log(`published ${manifest.name} ${manifest.version}; now run "git tag v${manifest.version}"`);
} else {
  console.log(
    obstacles.length === 0 ? 'ready: npm run release -- --publish' : `${obstacles.length} not yet done`,
  );
}

function checkTree() {
  const changes = runCommand('git', ['status', '--porcelain'], { cwd: root }).stdout.trimEnd();
  return changes === '' ? [] : [`the work tree has changes:\n${changes}`];
}

function checkVersion() {
  const { version } = manifest;
  const source = /PACKAGE_VERSION = '([^']+)'/.exec(read('src/version.ts'))?.[1];
  const heading = /^## (\S+)(.*)$/m.exec(read('CHANGELOG.md'));
  const tags = runCommand('git', ['tag', '--list', `v${version}`], { cwd: root }).stdout.trim();
  return [
    ...(source === version ? [] : [`src/version.ts has ${source}, package.json ${version}`]),
    ...(heading?.[1] === version
      ? []
      : [`CHANGELOG.md begins with ${heading?.[1]}, package.json has ${version}`]),
    ...(/^ \(\d{4}-\d{2}-\d{2}\)$/.test(heading?.[2] ?? '')
      ? []
      : [`the heading in CHANGELOG.md is "${heading?.[0]}"; write "## ${version} (YYYY-MM-DD)"`]),
    ...(tags === '' ? [] : [`the tag ${tags} exists`]),
  ];
}

/** npm refuses provenance without them, after everything else is done. */
function checkIdentity() {
  return [
    ...('repository' in manifest ? [] : ['package.json has no repository, which provenance names']),
    ...(IDENTITIES.some((name) => process.env[name])
      ? []
      : ['provenance needs a job of GitHub Actions or GitLab']),
  ];
}

function pack() {
  const report = runCommand('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', FOLDER], {
    cwd: root,
  }).stdout;
  const [{ filename, size, integrity }] = JSON.parse(report);
  console.log(`packed ${filename}, ${Math.ceil(size / 1000)} kB, ${integrity}`);
  return path.join(FOLDER, filename);
}

/** That of an installation: `npm sbom --omit dev` in this folder leaves out what a dev dependency needs as well (npm 11.19). */
function writeBillOfMaterials() {
  const cwd = path.join(FOLDER, 'installation');
  mkdirSync(cwd);
  const { name, version } = manifest;
  writeFileSync(path.join(cwd, 'package.json'), JSON.stringify({ name: `${name}-installation`, version }));
  runCommand('npm', ['install', tarball, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd });
  const { stdout } = runCommand('npm', ['sbom', '--sbom-format', 'cyclonedx'], { cwd });
  rmSync(cwd, { recursive: true });
  const file = path.join(FOLDER, 'sbom.cdx.json');
  writeFileSync(file, stdout);
  console.log(`${path.relative(root, file)} lists ${JSON.parse(stdout).components.length} packages`);
}

function run(command, args) {
  try {
    const { stdout, stderr } = runCommand(command, args, { cwd: root });
    process.stdout.write(stdout);
    process.stderr.write(stderr);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

function read(file) {
  return readFileSync(path.join(root, file), 'utf8');
}
