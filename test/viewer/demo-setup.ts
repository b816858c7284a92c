/** Runs the demo of the README once, for all tests of the page. */
import { rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { recordDemo, TemporaryFolder } from './view-process.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The file of its events. Tests must not change it. */
    readonly demoFile: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const folder = new TemporaryFolder();
  provide('demoFile', recordDemo(folder));
  return () => rmSync(folder.path, { recursive: true, force: true });
}
