#!/usr/bin/env node
/** The command `openai-model-server`. */
import { parseArgs } from 'node:util';
import { PACKAGE_VERSION } from '../version.js';
import { loadScenarios, startModelServer } from './model-server.js';

const COMMAND = 'openai-model-server';

const HELP = `Usage: ${COMMAND} [options]

A local server with the API of OpenAI, which answers without a key and the same every time.

Options:
  --port NUMBER       0 takes any free port (default: 8787)
  --host NAME         address to listen on (default: 127.0.0.1)
  --scenarios FOLDER  folder of scenarios as *.json; may be repeated
  --version
  --help
`;

try {
  await main();
} catch (error) {
  process.stderr.write(`${COMMAND}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8787' },
      host: { type: 'string', default: '127.0.0.1' },
      scenarios: { type: 'string', multiple: true, default: [] },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.version) {
    process.stdout.write(values.help ? HELP : `${PACKAGE_VERSION}\n`);
    return;
  }
  const port = Number(values.port);
  if (values.port.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port is "${values.port}"; it must be a number from 0 (any free port) to 65535`);
  }
  const scenarios = (await Promise.all(values.scenarios.map(loadScenarios))).flat();
  const server = await startModelServer({ port, host: values.host, scenarios });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
  process.stdout.write(
    `Model server: ${server.url}\nScenarios: ${server.scenarioIds.join(', ')}\n` +
      `Try: OPENAI_BASE_URL=${server.url} OPENAI_API_KEY=sk-local, or ${server.origin}/openapi.json\n`,
  );
}
