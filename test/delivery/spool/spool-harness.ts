/** Spools in folders of their own, and what is in them. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { Spool } from '../../../src/delivery/spool/spool.js';
import type { SpoolOptions } from '../../../src/delivery/spool/spool-options.js';

export const SINK = 'http https://events.example/v1';

export interface OpenSpool {
  readonly spool: Spool;
  /** Messages that were reported, with the code of the error if there was one. */
  readonly reports: string[];
}

/** Returns a new folder, which is deleted after the test. */
export function makeFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spool-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'spool');
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
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** Lines with the numbers from `first` on, each of a certain number of bytes with its line break. */
export function makeLines(first: number, count: number, bytes = 64): string[] {
  return Array.from({ length: count }, (_, index) => makeLine(first + index, bytes));
}

export function makeLine(number: number, bytes = 64): string {
  const line = `{"n":${number},"text":""}`;
  return line.replace('""', `"${'x'.repeat(Math.max(0, bytes - 1 - line.length))}"`);
}

export function numberOf(line: string): number {
  return (JSON.parse(line) as { n: number }).n;
}

export function numbersOf(batch: { readonly lines: readonly string[] } | undefined): number[] | undefined {
  return batch?.lines.map(numberOf);
}

export const ALL = { events: 1_000_000, bytes: 1024 ** 3 };

/** Reads and acknowledges everything in the spool. */
export async function drain(spool: Spool, limit = ALL): Promise<number[]> {
  const numbers: number[] = [];
  for (let batch = await spool.read(limit); batch !== undefined; batch = await spool.read(limit)) {
    numbers.push(...batch.lines.map(numberOf));
    await spool.acknowledge(batch);
  }
  return numbers;
}

export function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
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
