/** Numbered lines, and what a spool returns of them. Fixtures use this file, which needs no test runner. */
import type { Spool } from '../../../src/delivery/spool/spool.js';

export const SINK = 'http https://events.example/v1';

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
