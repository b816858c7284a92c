// What the last build was made of and what it made. Most npm scripts build first, and `.ci/run` runs fifteen of them, so a
// build that would change nothing is left out.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Files and folders that a build reads. The lock file stands for the packages. */
const INPUTS = [
  'src',
  'viewer',
  'examples/model-server',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
const BUILD_SCRIPT = /^build.*\.mjs$/;

/** The record of the last build in a repository. */
export class BuildRecord {
  #root;
  #file;
  #inputs;

  /** @param {string} root - the folder of the repository. */
  constructor(root) {
    this.#root = root;
    this.#file = path.join(root, '.cache', 'build.json');
    this.#inputs = this.#hashOfInputs();
  }

  /** Whether dist/ is what a build of today's files would make. */
  isCurrent() {
    try {
      const { inputs, outputs } = JSON.parse(readFileSync(this.#file, 'utf8'));
      return inputs === this.#inputs && outputs === this.#stateOfOutputs();
    } catch {
      return false;
    }
  }

  /** Called before a build, so that one that fails is not taken for the last one. */
  remove() {
    rmSync(this.#file, { force: true });
  }

  /** Called after a build, whose inputs are those of the time when this object was made. */
  write() {
    mkdirSync(path.dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify({ inputs: this.#inputs, outputs: this.#stateOfOutputs() }));
  }

  #hashOfInputs() {
    const scripts = readdirSync(path.join(this.#root, 'scripts')).filter((name) => BUILD_SCRIPT.test(name));
    const hash = createHash('sha256').update(process.version);
    for (const input of [...INPUTS, ...scripts.map((name) => path.join('scripts', name))]) {
      for (const file of filesOf(path.join(this.#root, input))) {
        const content = readFileSync(file);
        hash.update(`\n${path.relative(this.#root, file)} ${content.length}\n`).update(content);
      }
    }
    return hash.digest('hex');
  }

  /** Reading dist/ would take longer; a file that was changed by hand has another time. */
  #stateOfOutputs() {
    const hash = createHash('sha256');
    for (const file of filesOf(path.join(this.#root, 'dist'))) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${path.relative(this.#root, file)} ${size} ${mtimeMs}\n`);
    }
    return hash.digest('hex');
  }
}

/** The paths of a file, or of all files in a folder, in order. */
function filesOf(fileOrFolder) {
  if (!statSync(fileOrFolder).isDirectory()) return [fileOrFolder];
  return readdirSync(fileOrFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
