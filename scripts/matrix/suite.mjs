// Runs the tests of the client, or those of the Agents SDK, on one combination of versions.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageBin, root } from '../package/repository.mjs';
import {
  agentsFolder,
  nodeBinary,
  openaiIn,
  openaiPackage,
  otelSdkFolder,
  versionNumber,
} from './installed-versions.mjs';
import { differences } from './loaded-versions.mjs';

/** @type {typeof import('./suite.d.mts').runSuite} */
export function runSuite(combination) {
  const { asked, folders } = installed(combination);
  const binary = nodeBinary(asked.node);
  const { OPENAI_DIR: _openai, OTEL_SDK_DIR: _sdk, AGENTS_DIR: _agents, ...outer } = process.env;
  const otelSdkDir = otelSdkFolder(asked.sdk);
  const env = { ...outer, ...folders, ...(otelSdkDir !== undefined && { OTEL_SDK_DIR: otelSdkDir }) };

  const folder = mkdtempSync(path.join(tmpdir(), 'matrix-'));
  const reportFile = path.join(folder, 'report.json');
  const started = performance.now();
  try {
    const { status, signal, error, stdout, stderr } = spawnSync(
      binary,
      [
        ...[packageBin('vitest'), 'run', '--config', 'vitest.matrix.config.ts'],
        ...['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`],
      ],
      { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 },
    );
    if (error !== undefined) throw error;
    const report = readReport(reportFile);
    const loaded = loadedVersions(report);
    const problems = [
      ...(status === 0 ? [] : [`vitest ended with ${signal ?? `exit code ${status}`}`]),
      ...differences(asked, loaded),
    ];
    return {
      asked,
      loaded,
      passed: report?.numPassedTests ?? 0,
      failed: report?.numFailedTests ?? 0,
      skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
      seconds: (performance.now() - started) / 1000,
      problems,
      output: `${stdout}${stderr}`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Returns the versions to load, and the folders in which the tests find them.
 *
 * @param {import('./combinations.d.mts').Combination} combination
 * @returns {{ asked: import('./loaded-versions.d.mts').AskedVersions, folders: Record<string, string> }}
 */
function installed(combination) {
  const { node, sdk } = combination;
  if ('agents' in combination) {
    const agents = versionNumber('@openai/agents', combination.agents);
    const folder = agentsFolder(agents);
    return { asked: { agents, openai: openaiIn(folder), node, sdk }, folders: { AGENTS_DIR: folder } };
  }
  const openai = versionNumber('openai', combination.openai);
  return { asked: { openai, node, sdk }, folders: { OPENAI_DIR: openaiPackage(openai) } };
}

/** @param {string} file */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // The run died before it could write a report; its output says why.
    return undefined;
  }
}

/**
 * Returns the versions that loaded-versions.test.ts saw, which are part of its result.
 *
 * @param {any} report
 * @returns {import('./loaded-versions.d.mts').LoadedVersions | undefined}
 */
function loadedVersions(report) {
  for (const { assertionResults } of report?.testResults ?? []) {
    for (const { meta } of assertionResults)
      if (meta?.loadedVersions !== undefined) return meta.loadedVersions;
  }
  return undefined;
}
