/** The loader hook of this package, in a project that has only what it names itself, as pnpm lays it out. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { startModelServer } from '../../examples/model-server/server.js';
import { PROJECT } from '../run-fixture.js';

const PACKAGE = 'opentelemetry-instrumentation-openai-agents';
const NAMED = ['openai', '@opentelemetry/api', '@opentelemetry/sdk-trace-node'];

const PROGRAM = `
import { createRequire, register } from 'node:module';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { OpenAIAgentsInstrumentation } from '${PACKAGE}';

register('${PACKAGE}/hook.mjs', import.meta.url);
const exporter = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
new OpenAIAgentsInstrumentation();

const { default: OpenAI } = await import('openai');
const client = new OpenAI({ apiKey: 'sk-local', baseURL: process.argv[2] });
await client.chat.completions.create({ model: 'plain', messages: [{ role: 'user', content: 'Hi' }] });
let hookOfOpenTelemetry = 'resolved';
try {
  createRequire(import.meta.url).resolve('@opentelemetry/instrumentation/hook.mjs');
} catch (error) {
  hookOfOpenTelemetry = error.code;
}
console.log(JSON.stringify([exporter.getFinishedSpans().map(({ name }) => name), hookOfOpenTelemetry]));
`;

it('sees the imports of ES modules, though OpenTelemetry’s own hook cannot be resolved', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'isolated-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const link = (name: string, target: string) => {
    const place = path.join(folder, 'node_modules', name);
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.symlinkSync(target, place);
  };
  link(PACKAGE, PROJECT);
  for (const name of NAMED) link(name, path.join(PROJECT, 'node_modules', name));
  fs.writeFileSync(path.join(folder, 'app.mjs'), PROGRAM);
  const server = await startModelServer();
  onTestFinished(() => server.close());
  const { stdout } = await promisify(execFile)(process.execPath, ['app.mjs', server.url], { cwd: folder });
  expect(JSON.parse(stdout)).toEqual([['chat plain'], 'MODULE_NOT_FOUND']);
});
