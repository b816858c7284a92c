import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import OpenAI, { toFile } from 'openai';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseFaultHeader } from '../../examples/model-server/faults/fault-header.js';
import { checkScenario } from '../../examples/model-server/scripting/scenario-files.js';
import { startModelServer } from '../../examples/model-server/server.js';
import { clientOf, serverForFile } from './local-client.js';

const folder = fileURLToPath(new URL('../../examples/model-server/', import.meta.url));
const run = promisify(execFile);
const server = serverForFile();

let readme = '';
beforeAll(async () => {
  readme = await readFile(`${folder}README.md`, 'utf8');
});

/** The code blocks of a language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, of]) => of === language)
    .map(([, , code = '']) => code);
}

describe('The README shows a working version of', () => {
  test('the shell command', async () => {
    const [command = ''] = blocks('sh');
    const { stdout } = await run('sh', ['-c', command.replaceAll('http://127.0.0.1:8787', server().origin)]);
    expect(JSON.parse(stdout)).toMatchObject({ object: 'response', status: 'completed' });
  });

  test('the program', async () => {
    const [program = ''] = blocks('ts');
    const printed: unknown[] = [];
    // Its imports are handed in: a process of its own would take longer than all other tests here.
    const body = program.replace(/^import .*$/gm, '');
    const AsyncFunction: FunctionConstructor = Object.getPrototypeOf(async () => {}).constructor;
    const main = new AsyncFunction('OpenAI', 'startModelServer', 'console', body);
    await main(OpenAI, startModelServer, { log: (value: unknown) => printed.push(value) });
    expect(printed).toEqual(['The capital of France is Paris.', ['/v1/responses plain 200']]);
  });

  test('the batch', async () => {
    const [, program = ''] = blocks('ts');
    const printed: unknown[] = [];
    const body = program.replace(/^import .*$/gm, '');
    const AsyncFunction: FunctionConstructor = Object.getPrototypeOf(async () => {}).constructor;
    const main = new AsyncFunction('OpenAI', 'toFile', 'startModelServer', 'console', body);
    await main(OpenAI, toFile, startModelServer, { log: (value: unknown) => printed.push(value) });
    expect(printed).toEqual([
      { total: 2, completed: 2, failed: 0 },
      expect.stringMatching(/"custom_id":"Paris".*You said: Paris.*\n.*You said: Rome/),
    ]);
  });

  test('the scenario', async () => {
    const [json = ''] = blocks('json');
    const own = await startModelServer({ scenarios: [checkScenario(JSON.parse(json), 'README')] });
    const runner = clientOf(own).chat.completions.runTools({
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content: 'How is the weather?' }],
      tools: [
        {
          type: 'function',
          function: { name: 'get_weather', description: '', parameters: {}, function: () => 'sunny' },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('You asked: How is the weather? It is sunny.');
    await own.close();
  });

  test('every fault', () => {
    const headers = [...readme.matchAll(/`x-fault: ([^`]+)`/g)].map(([, header = '']) => header);
    expect(new Set(headers.flatMap(parseFaultHeader).map((fault) => fault.fault)).size).toBe(10);
  });
});

test('the README names every scenario', () => {
  for (const id of server().scenarioIds) {
    expect(readme).toMatch(new RegExp(`^\\| \`${id}\` +\\|`, 'm'));
  }
});
