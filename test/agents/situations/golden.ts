import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { PROJECT } from '../../run-fixture.js';

const FOLDER = path.join(import.meta.dirname, 'golden');

/** `UPDATE_GOLDEN=1 npx vitest run test/agents/situations` records what comes out today. */
const update = process.env.UPDATE_GOLDEN === '1';

/** Holds a listing against the recorded one. */
export function expectGolden(name: string, listing: string): void {
  expectFile(path.join(FOLDER, `${name}.txt`), listing);
}

/** Holds a document, by its path in the repository, against what it should be. */
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

/** The situations that are recorded. */
export function goldenNames(): string[] {
  return readdirSync(FOLDER).map((file) => path.basename(file, '.txt'));
}
