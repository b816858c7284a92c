// Resources of the command: the modules that it loads, and memory that does not grow with the input.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { EVERY_TYPE, MAIN, temporaryFolder } from './run-command.js';

const folder = temporaryFolder();

test('the command loads only commander, unless the REST form is requested', () => {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(file, 'utf8');
    // Types do not exist at run time.
    for (const [, names = '', from = ''] of source.matchAll(/^import\s+([^;]*?)\s*from\s+'([^']+)'/gm)) {
      if (names.startsWith('type ')) continue;
      if (from.startsWith('.')) walk(path.resolve(path.dirname(file), from.replace(/\.js$/, '.ts')));
      else if (!from.startsWith('node:')) packages.add(from);
    }
  };
  walk(MAIN);
  expect(seen.size).toBeGreaterThan(40);
  expect([...packages]).toEqual(['commander']);
});

describe('A file of 40 MB fits into a heap of 40 MB', () => {
  const file = path.join(folder, 'large.jsonl');
  beforeAll(() => {
    const source = readFileSync(EVERY_TYPE, 'utf8');
    const target = openSync(file, 'w');
    for (let index = 0; index * source.length < 40_000_000; index += 1) {
      writeSync(target, source.replaceAll('"order-1042"', `"order-${index}"`));
    }
    closeSync(target);
  });

  test.each([
    ['tree', /session order-0 /, 0],
    ['stats', /^events +\d{2},/, 0],
    ['tail', /SESSION_END/, 0],
    ['convert --to csv', /^event_id,/, 0],
    // The events have their ids more than once.
    ['report', /^# Audit report/, 1],
  ])('%s', async (command, output, expectedCode) => {
    const heap = '--max-old-space-size=40';
    const child = spawn(process.execPath, [heap, '--import', 'tsx', MAIN, ...command.split(' '), file], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let head = '';
    child.stdout.on('data', (chunk) => {
      if (head.length < 10_000) head += chunk;
    });
    const [exitCode] = await once(child, 'close');
    expect(exitCode).toBe(expectedCode);
    expect(head).toMatch(output);
  });
});
