import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { PROJECT } from '../../run-fixture.js';

const FOLDER = path.join(import.meta.dirname, 'golden');

/** `UPDATE_GOLDEN=1 npx vitest run test/agents/situations` records the current listings. */
const update = process.env.UPDATE_GOLDEN === '1';

/** Compares a listing with the recorded one. */
export function expectGolden(name: string, listing: string): void {
  expectFile(path.join(FOLDER, `${name}.txt`), listing);
}

/** Compares a document, by its path in the repository, with its expected text. */
export function expectDocument(file: string, text: string): void {
  expectFile(path.join(PROJECT, file), text);
}

function expectFile(file: string, listing: string): void {
  if (update) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, listing);
    return;
  }
  if (!existsSync(file)) {
    throw new Error(`${file} is missing: run with UPDATE_GOLDEN=1 to record it, and read what was recorded.`);
  }
  expect(listing.split('\n')).toEqual(readFileSync(file, 'utf8').split('\n'));
}

/** Returns the names of the recorded situations. */
export function goldenNames(): string[] {
  return readdirSync(FOLDER).map((file) => path.basename(file, '.txt'));
}
