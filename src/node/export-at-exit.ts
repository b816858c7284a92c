/** The export of the last spans at the exit of the process, when nothing asynchronous runs any more. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { serialize } from 'node:v8';
import { diag } from '@opentelemetry/api';
import { PACKAGE_NAME } from '../version.js';
import { toTransferred } from './span-transfer.js';
import type { ExporterModule } from './trace-export.js';

/** The program is an ES module in both builds of this package. */
function programFile(): string {
  const manifest = createRequire(import.meta.url).resolve(`${PACKAGE_NAME}/package.json`);
  return path.join(path.dirname(manifest), 'dist', 'node', 'export-spans-main.js');
}

/**
 * Exports spans in a process of its own and waits for it, because no connection of this process gets to send anything
 * any more. The program makes an exporter of the same class, which reads the same variables.
 *
 * A span whose export is under way may arrive twice: better than not at all.
 *
 * @param timeoutMillis - the time after which the export is given up.
 */
export function exportAtExit(
  exporter: ExporterModule,
  spans: readonly object[],
  timeoutMillis: number,
): void {
  if (spans.length === 0) return;
  // Without the options that preload this package, and the application's.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status, signal, error } = spawnSync(
    process.execPath,
    [programFile(), exporter.file, exporter.exportName],
    {
      env,
      input: serialize(toTransferred(spans)),
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: timeoutMillis,
      killSignal: 'SIGKILL',
      windowsHide: true,
    },
  );
  if (status === 0) return;
  const reason = error?.message ?? (signal === null ? `exit code ${status}` : signal);
  diag.warn(`the last ${spans.length} spans could not be exported at the exit of the process (${reason})`);
}
