// Packs the package and checks what a user gets: its files, the findings of package linters and type checkers, and
// that the installed package loads and type-checks.
//
//   npm run test:package
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from './package/command.mjs';
import {
  checkProgramUsesAll,
  checkWeight,
  importInConsumer,
  installConsumer,
  requireInConsumer,
  typeCheckConsumer,
} from './package/consumer.mjs';
import { checkFiles } from './package/files.mjs';
import { packageBin, root } from './package/repository.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'check-package-'));
const consumer = path.join(folder, 'consumer');
let passed = 0;
let failed = 0;

/**
 * @param {string} what - the statement that holds for a correct package.
 * @param {() => string | undefined | void} action - throws if it does not hold; may return a line to print.
 * @returns {boolean} whether it holds.
 */
function check(what, action) {
  try {
    const remark = action();
    passed += 1;
    console.log(`ok    ${what}${remark === undefined ? '' : `: ${remark}`}`);
    return true;
  } catch (error) {
    failed += 1;
    const reason = error instanceof Error ? error.message : String(error);
    console.log(`FAIL  ${what}\n${reason.replaceAll(/^/gm, '      ')}`);
    return false;
  }
}

try {
  let tarball = '';
  const packed = check('npm pack', () => {
    const [report] = JSON.parse(
      runCommand('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root }).stdout,
    );
    tarball = path.join(folder, report.filename);
    return report.filename;
  });
  if (packed) {
    check('the package holds what it should and nothing else', () => checkFiles(tarball, folder));
    check('publint --strict', () => {
      runCommand(process.execPath, [packageBin('publint'), '--strict', tarball]);
    });
    check('attw --profile node16', () => {
      const attw = packageBin('@arethetypeswrong/cli', 'attw');
      // The loader hook is a module for `register()`, which takes only ES modules.
      const options = ['--profile', 'node16', '--no-definitely-typed', '--exclude-entrypoints', 'hook.mjs'];
      runCommand(process.execPath, [attw, tarball, ...options]);
    });
    const installed = check('installs beside @opentelemetry/api alone', () =>
      installConsumer(consumer, tarball),
    );
    if (installed) {
      check('it weighs little', () => checkWeight(consumer));
      check('import without openai and @openai/agents', () => importInConsumer(consumer));
      check('require() from CommonJS', () => requireInConsumer(consumer));
      check('types: the program that is checked uses every export', () => checkProgramUsesAll(consumer));
      for (const project of ['nodenext', 'bundler', 'node16 CommonJS']) {
        for (const exactOptionalPropertyTypes of [true, false]) {
          check(
            `types: ${project}, exactOptionalPropertyTypes ${exactOptionalPropertyTypes ? 'on' : 'off'}`,
            () => typeCheckConsumer(consumer, { project, exactOptionalPropertyTypes }),
          );
        }
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

if (failed > 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed`);
