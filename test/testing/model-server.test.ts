/** The model server as it ships: one file, which the build makes of `examples/model-server`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import OpenAI from 'openai';
import * as esm from 'opentelemetry-instrumentation-openai-agents/testing';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import * as source from '../../examples/model-server/server.js';
import { PROJECT } from '../run-fixture.js';

const built = path.join(PROJECT, 'dist/testing');
const commonJs = createRequire(import.meta.url)(
  path.join(PROJECT, 'dist/cjs/testing/index.cjs'),
) as typeof esm;

const GREETING: esm.ModelScenario = {
  id: 'greeting',
  match: { lastUserIncludes: 'hello' },
  faults: [{ fault: 'rate-limit', times: 1, retryAfterMs: 1 }],
  steps: [{ reply: { text: 'Hi from {{model}}!' } }],
};

describe.each([
  { name: 'ES modules', module: esm },
  { name: 'CommonJS', module: commonJs },
])('The model server of the package, in $name,', ({ module }) => {
  it('answers as its scenario says, and shows the requests', async () => {
    const server = await module.startModelServer({ scenarios: [GREETING] });
    const client = new OpenAI({ baseURL: server.url, apiKey: 'sk-local' });
    const response = await client.responses.create({ model: 'gpt-5-mini', input: 'hello' });
    expect(response.output_text).toBe('Hi from gpt-5-mini!');
    expect(server.requests.map(({ scenario, status }) => ({ scenario, status }))).toEqual([
      { scenario: 'greeting', status: 429 },
      { scenario: 'greeting', status: 200 },
    ]);
    await server.close();
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it('has the shipped scenarios, streamed as well', async () => {
    const server = await module.startModelServer();
    const shipped = await source.startModelServer();
    expect(server.scenarioIds).toEqual(shipped.scenarioIds);
    await shipped.close();
    const client = new OpenAI({ baseURL: server.url, apiKey: 'sk-local' });
    const stream = await client.chat.completions.create({
      model: 'plain',
      stream: true,
      messages: [{ role: 'user', content: 'Hello' }],
    });
    let answer = '';
    for await (const chunk of stream) answer += chunk.choices[0]?.delta.content ?? '';
    expect(answer).toContain('Paris');
    await server.close();
  });

  it('names what is wrong in a scenario, in English', async () => {
    const wrong = { ...GREETING, steps: [{ reply: { text: 7 } }] } as unknown as esm.ModelScenario;
    await expect(module.startModelServer({ scenarios: [wrong] })).rejects.toThrow(
      /^Option scenarios\[0\]: .*steps\[0\]\.reply\.text.*expected string/,
    );
  });
});

describe('The published types of the model server', () => {
  it('are those of its source', () => {
    expectTypeOf(source.startModelServer).toExtend<typeof esm.startModelServer>();
    expectTypeOf(source.loadScenarios).toExtend<typeof esm.loadScenarios>();
    expectTypeOf<Exact<keyof esm.ModelScenario, keyof source.Scenario>>().toEqualTypeOf<true>();
    expectTypeOf<Exact<keyof esm.ScenarioStep, keyof source.Step>>().toEqualTypeOf<true>();
    expectTypeOf<Exact<keyof esm.ScenarioReply, keyof source.Reply>>().toEqualTypeOf<true>();
    expectTypeOf<Exact<keyof esm.ScenarioCondition, keyof source.Condition>>().toEqualTypeOf<true>();
    expectTypeOf<Exact<esm.ScenarioFault['fault'], source.Fault['fault']>>().toEqualTypeOf<true>();
    expectTypeOf<Exact<keyof esm.ModelServer, keyof source.ModelServer>>().toEqualTypeOf<true>();
  });
});

/** Whether two unions have the same members. */
type Exact<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

describe('The file of the model server', () => {
  const bundle = readFileSync(path.join(built, 'model-server-bundle.cjs'), 'utf8');

  it('needs no package', () => {
    const modules = [...bundle.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = '']) => name);
    expect(modules.length).toBeGreaterThan(5);
    expect(
      modules.filter((name) => !/^(node:)?(http2?|https|crypto|stream|url|path|fs|net|timers)\b/.test(name)),
    ).toEqual([]);
  });

  it('has the licences of the packages in it, and is below 500 kB', () => {
    expect(bundle.match(/Permission is hereby granted, free of charge/g)).toHaveLength(3);
    expect(bundle.length).toBeLessThan(500_000);
  });
});

describe('The command openai-model-server', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'scenarios-'));
    writeFileSync(path.join(folder, 'greeting.json'), JSON.stringify(GREETING));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const command = (...args: string[]) =>
    spawn(process.execPath, [path.join(built, 'model-server-main.js'), ...args], { stdio: 'pipe' });

  it('serves the scenarios of a folder until it is stopped', async () => {
    const program = command('--port', '0', '--scenarios', folder);
    const [lines] = (await once(program.stdout.setEncoding('utf8'), 'data')) as [string];
    const [, url] = /^Model server: (\S+)\nScenarios: greeting, /.exec(lines) ?? [];
    const client = new OpenAI({ baseURL: String(url), apiKey: 'sk-local' });
    const response = await client.responses.create({ model: 'greeting', input: 'x' });
    expect(response.output_text).toBe('Hi from greeting!');
    program.kill('SIGTERM');
    expect(await once(program, 'exit')).toEqual([0, null]);
  });

  it.each([
    { args: ['--port', 'x'], message: 'openai-model-server: --port is "x"; it must be a number from 0' },
    {
      args: ['--scenarios', '/nowhere'],
      message: "openai-model-server: ENOENT: no such file or directory, scandir '/nowhere'",
    },
    { args: ['--scenario', 'a'], message: "openai-model-server: Unknown option '--scenario'" },
  ])('refuses $args', async ({ args, message }) => {
    const program = command(...args);
    const [stderr] = await Promise.all([text(program.stderr), once(program, 'exit')]);
    expect(stderr).toContain(message);
    expect(program.exitCode).toBe(2);
  });
});
