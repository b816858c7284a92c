import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** Returns a new, empty folder, which is deleted after the test. */
export function makeFolder(label: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `${label}-`));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}
