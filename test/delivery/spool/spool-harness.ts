/** Spools in folders of their own, and what is in them. */
import fs from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { Spool } from '../../../src/delivery/spool/spool.js';
import { makeFolder } from '../../harness/folder.js';
import { SINK } from './spool-lines.js';

export * from './spool-lines.js';

import type { SpoolOptions } from '../../../src/delivery/spool/spool-options.js';

export interface OpenSpool {
  readonly spool: Spool;
  /** Messages that were reported, with the code of the error if there was one. */
  readonly reports: string[];
}

/** Returns the path of a directory that a spool creates, and which is deleted after the test. */
export function spoolDirectory(): string {
  return path.join(makeFolder('spool'), 'spool');
}

export function openSpool(directory: string, options: Partial<SpoolOptions> = {}, sink = SINK): OpenSpool {
  const reports: string[] = [];
  const spool = new Spool({ directory, ...options }, sink, (message, error) =>
    reports.push(error === undefined ? message : `${message}: ${codeOf(error)}`),
  );
  onTestFinished(() => spool.close());
  return { spool, reports };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error as NodeJS.ErrnoException).code ?? error.name;
}

/** The paths below a folder, with the names of processes replaced: `http-…/A/000001.jsonl`. */
export function tree(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  const names: string[] = [];
  const letter = (name: string): string => {
    if (!names.includes(name)) names.push(name);
    return String.fromCharCode(65 + names.indexOf(name));
  };
  return (fs.readdirSync(folder, { recursive: true }) as string[])
    .sort()
    .filter((name) => !fs.statSync(path.join(folder, name)).isDirectory())
    .map((name) => name.replace(/[0-9a-z]{9}-\d+-[0-9a-f]{8}/g, letter));
}

/** The segments below a folder, by their paths. */
export function segments(folder: string): string[] {
  return (fs.readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => path.join(folder, name));
}
