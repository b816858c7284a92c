/** Runs the programs in `docs/cloudevents.md` and compares what they print with their comments. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { PROJECT } from '../run-fixture.js';

const run = promisify(execFile);
const document = readFileSync(path.join(PROJECT, 'docs/cloudevents.md'), 'utf8');
const programs = [...document.matchAll(/^```js\n(.*?)^```/gms)].map(([, code = '']) => code);
/** Inside the project, so that the package's own name and its peers are found. */
const folder = path.join(PROJECT, '.cache/cloudevents-document');

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
});

async function printed(index: number): Promise<string> {
  const file = path.join(folder, `${index}.mjs`);
  writeFileSync(file, programs[index] ?? '');
  const { stdout, stderr } = await run(process.execPath, [file], { cwd: folder });
  expect(stderr).toBe('');
  return stdout;
}

describe('A program of the document', () => {
  it('emits an event that is printed for a person', async () => {
    const stdout = await printed(0);
    expect(stdout.split('\n').length).toBeGreaterThan(10);
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'dev.ossa.tool.called',
      source: 'ossa/my-agent',
      subject: 'support',
      data: { tool_name: 'search', parameters: { query: 'kettle' } },
    });
  });

  it.each(programs.map((_, index) => index).slice(1))('prints what its comments say: %i', async (index) => {
    const expected = [...(programs[index] ?? '').matchAll(/^\/\/ (.*)$/gm)].map(([, line]) => line);
    expect(expected.length).toBeGreaterThan(0);
    expect((await printed(index)).trimEnd().split('\n')).toEqual(expected);
  });
});
