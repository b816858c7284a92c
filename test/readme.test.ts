/** The README's registration file, run as it stands there. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ModelServer, startModelServer } from '../examples/model-server/server.js';
import type { ChaukasEvent } from '../src/index.js';
import { streamViolations } from './harness/check-stream.js';
import { eventLines } from './harness/event-tree.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => String(code));

/** Inside the repository, so that the package's own name and its peers are found. */
const folder = path.join(root, '.cache/readme-test');

let server: ModelServer;
const collector = createServer((request, response) => {
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
});
beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  server = await startModelServer();
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  collector.close();
  await server.close();
});

async function play(file: string, code: string, ...flags: string[]): Promise<void> {
  writeFileSync(path.join(folder, file), code);
  await run(process.execPath, [...flags, file], {
    cwd: folder,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      MODEL_SERVER: server.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    },
  });
}

const APP = `
import { Agent, OpenAIProvider, Runner, setTraceProcessors } from '@openai/agents';
import { OpenAI } from 'openai';
setTraceProcessors([]);
const openAIClient = new OpenAI({ apiKey: 'sk-local', baseURL: process.env.MODEL_SERVER });
const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient }) });
await runner.run(new Agent({ name: 'plain', model: 'plain' }), 'Hello');
`;

it('registers the instrumentation and writes the events of a run', async () => {
  const [telemetry] = blocks;
  expect(telemetry).toContain('// telemetry.mjs');
  writeFileSync(path.join(folder, 'telemetry.mjs'), String(telemetry));
  await play('app.mjs', APP, '--import', './telemetry.mjs');
  const events = readFileSync(path.join(folder, 'audit/events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ChaukasEvent);
  expect(streamViolations(events)).toEqual([]);
  expect(eventLines(events)).toEqual([
    'SESSION_START',
    '  SYSTEM',
    '  SYSTEM',
    'SESSION_END',
    'SESSION_START',
    '  AGENT_START plain',
    '  STATE_UPDATE',
    '  INPUT_RECEIVED',
    '    MODEL_INVOCATION_START',
    '    MODEL_INVOCATION_END',
    '  OUTPUT_EMITTED',
    '  AGENT_END plain',
    'SESSION_END',
    'SESSION_START',
    '  SYSTEM',
    'SESSION_END',
  ]);
});

it('hands the modules over without a hook', async () => {
  const manual = blocks.find((code) => code.includes('manuallyInstrument'));
  await play('manual.mjs', `${manual}\nif (agents.Runner.prototype.run.name !== 'run') process.exit(1);`);
});

it('shows an event as the demo writes it', () => {
  const [, json] = /^```json\n(.*?)^```/ms.exec(readme) ?? [];
  const event = JSON.parse(String(json)) as ChaukasEvent;
  expect(event.type).toBe('EVENT_TYPE_TOOL_CALL_END');
  expect(event.tool_response?.output).toMatchObject({ orderId: 'A-1001', status: 'issued' });
});
