/** Disks that a test makes, which takes root. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** Whether this process may mount disks and become another user. */
export const canMountDisks = (() => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faults-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return process.getuid?.() === 0;
  } catch {
    return false;
  } finally {
    fs.rmdirSync(folder);
  }
})();

/** Mounts an empty disk until the end of the test, and returns its folder. */
export function mountDisk(size: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
