// Runs the client's tests on every supported combination of openai, Node and OpenTelemetry SDK, and tests of the
// Agents SDK on several of its versions, one after the other.
//
//   npm run test:matrix
//   npm run test:matrix -- --openai 5.0.1,latest --node 20,22 --sdk 2
//   npm run test:matrix -- --agents 0.3.9,latest
//   npm run test:matrix -- --pinned
//
// --pinned runs a few of them, for each change. Missing versions are installed into .cache/matrix/ and stay there.
import { execFileSync } from 'node:child_process';
import { runningNode } from './matrix/installed-versions.mjs';
import { describeLoaded } from './matrix/loaded-versions.mjs';
import { chooseCombinations } from './matrix/options.mjs';
import { resultTable } from './matrix/result-table.mjs';
import { runSuite } from './matrix/suite.mjs';
import { root } from './package/repository.mjs';

try {
  const combinations = chooseCombinations(process.argv.slice(2), runningNode);
  if (combinations.some((combination) => 'agents' in combination)) build();
  const results = combinations.map(runAndTell);
  console.log(`\n${resultTable(results).join('\n')}`);
  const failed = results.filter(({ problems }) => problems.length > 0).length;
  console.log(`\ncombinations: ${results.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** Tests of the Agents SDK start applications that load the package as it is published. */
function build() {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
}

/** @param {import('./matrix/combinations.d.mts').Combination} combination */
function runAndTell(combination) {
  const result = runSuite(combination);
  const { asked, loaded, passed, failed, seconds, problems, output } = result;
  const versions = describeLoaded(loaded ?? { ...asked, node: String(asked.node), sdk: String(asked.sdk) });
  console.log(`${versions}: ${passed} passed, ${failed} failed, ${seconds.toFixed(0)} s`);
  if (problems.length > 0) {
    console.log(`FAILED: ${problems.join('; ')}\n${output.trimEnd().replaceAll(/^/gm, '  ')}`);
  }
  return result;
}
