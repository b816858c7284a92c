// docs/agent-events.md: each command in it is run and must print the output shown there.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EXIT } from '../../src/cli/command-run.js';
import { CSV_COLUMNS } from '../../src/cli/convert/csv.js';
import { EVERY_TYPE, runCommand, temporaryFolder } from './run-command.js';

const document = readFileSync(fileURLToPath(new URL('../../docs/agent-events.md', import.meta.url)), 'utf8');
const folder = temporaryFolder();
const source = readFileSync(EVERY_TYPE, 'utf8');
const lines = source.split(/(?<=\n)/);

const FILES: Readonly<Record<string, string>> = {
  'events.jsonl': source,
  'crashed.jsonl': lines.slice(2, 12).join(''),
  'changed.jsonl': source.replace('max_100_eur', 'max_999_eur'),
  'one.jsonl': String(lines.at(-1)),
  // The process crashed while it wrote its second line.
  'damaged.jsonl': `${lines[0]}${String(lines[1]).slice(0, 50)}`,
};
for (const [name, content] of Object.entries(FILES)) writeFileSync(path.join(folder, name), content);

interface Command {
  readonly line: string;
  readonly output: string;
}

const commands = [...document.matchAll(/^```console\n(.*?)^```/gms)].flatMap(([, block = '']) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((text): Command => {
      const end = text.indexOf('\n');
      return { line: text.slice(0, end), output: text.slice(end + 1).trimEnd() };
    }),
);

let exitCode: number | null = null;

test.each(commands)('$ $line', async ({ line, output }) => {
  if (line === 'echo $?') {
    expect(String(exitCode)).toBe(output);
    return;
  }
  const [name, ...args] = line.split(' ');
  expect(name).toBe('agent-events');
  const result = await runCommand(args.map((arg) => (arg.endsWith('.jsonl') ? path.join(folder, arg) : arg)));
  exitCode = result.exitCode;
  // Messages come before the output, as on a terminal.
  expect((result.stderr + result.stdout).replaceAll(`${folder}/`, '').trimEnd()).toBe(output);
});

test('the document has commands', () => expect(commands.length).toBeGreaterThan(8));

test('the document lists the columns of the CSV', () => {
  const listed = /^The columns of the table.*?:\n(.*?)\n\n/ms.exec(document)?.[1];
  expect([...String(listed).matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(
    CSV_COLUMNS.map(([name]) => name),
  );
});

test('the document lists the exit codes', () => {
  const table = /^## Exit codes\n(.*?)^## /ms.exec(document)?.[1] ?? '';
  const codes = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual([...Object.values(EXIT), 130]);
});
