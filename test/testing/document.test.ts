/** Runs the tests in `docs/testing.md` with node:test, in a project with the built package. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelServer, startModelServer } from '../../examples/model-server/server.js';
import { PROJECT } from '../run-fixture.js';

const run = promisify(execFile);
const document = readFileSync(path.join(PROJECT, 'docs/testing.md'), 'utf8');
/** The programs of the document, by the file name in their first line. */
const programs = new Map(
  [...document.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```/gms)].map(([, name = '', code = '']) => [name, code]),
);
const folder = path.join(PROJECT, '.cache/testing-document');

const AGENT = `
import { Agent, tool } from '@openai/agents';
import { z } from 'zod';

const getWeather = tool({
  name: 'get_weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => \`sunny in \${city}\`,
});
export const weatherAgent = new Agent({ name: 'weather_agent', model: 'gpt-5-mini', tools: [getWeather] });
`;

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer({
    scenarios: [
      {
        id: 'weather',
        match: { offersTool: 'get_weather' },
        steps: [
          {
            when: { hasToolResultFor: ['get_weather'] },
            reply: { text: 'It is {{toolResult:get_weather}}.' },
          },
          { reply: { toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] } },
        ],
      },
    ],
  });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'agent.mjs'), AGENT);
});
afterAll(() => server.close());

describe('A test of the document', () => {
  it('has a file name, each of them', () => {
    expect([...programs.keys()]).toEqual([
      'agent.test.mjs',
      'warehouse-sink.test.mjs',
      'server.test.mjs',
      'redaction.test.mjs',
      'hooked.test.mjs',
    ]);
    expect(document.match(/^```js/gm)).toHaveLength(programs.size);
  });

  it.concurrent.each([...programs])(
    '%s passes in node:test',
    async (name, code) => {
      writeFileSync(path.join(folder, name), code);
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const { stdout } = await run(process.execPath, [name], {
        cwd: folder,
        env: {
          ...env,
          OPENAI_BASE_URL: server.url,
          OPENAI_API_KEY: 'sk-local',
          OPENAI_AGENTS_DISABLE_TRACING: '1',
        },
      });
      expect(stdout).toMatch(/^(#|ℹ) fail 0$/m);
      // The tests of a loop are not counted.
      const tests = code.match(/^test\(/gm)?.length ?? '[1-9]\\d*';
      expect(stdout).toMatch(new RegExp(`^(#|ℹ) pass ${tests}$`, 'm'));
    },
    60_000,
  );
});
