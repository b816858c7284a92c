/**
 * Records the OTLP requests of the published Python instrumentation of OpenAI, for the tests of
 * `src/cli/view/receiver`: real calls to the model server in `examples/`, in the convention that it has by default and
 * in the latest one.
 *
 *   node scripts/python-genai/record.mjs
 *
 * It installs `requirements.txt` into `.cache/` and writes `test/cli/view/receiver/recorded/python-*.json`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startModelServerProcess } from '../model-server-process.mjs';

const FOLDER = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(FOLDER, '../..');
const RECORDED = path.join(ROOT, 'test/cli/view/receiver/recorded');
const PYTHON = path.join(ROOT, '.cache/python-genai/env/bin/python');

const CONVENTIONS = {
  // Content in log records, one for each message.
  earlier: { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' },
  // Content in one log record for each call.
  latest: {
    OTEL_SEMCONV_STABILITY_OPT_IN: 'gen_ai_latest_experimental',
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'EVENT_ONLY',
    OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT: 'true',
  },
};

function install() {
  if (existsSync(PYTHON)) return;
  const environment = path.dirname(path.dirname(PYTHON));
  execFileSync(process.env.PYTHON ?? 'python3', ['-m', 'venv', environment], { stdio: 'inherit' });
  const requirements = path.join(FOLDER, 'requirements.txt');
  execFileSync(PYTHON, ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', requirements], {
    stdio: 'inherit',
  });
}

async function record(name, variables, modelServer) {
  const requests = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { 'content-type': contentType, 'content-encoding': contentEncoding } = request.headers;
      const body = Buffer.concat(chunks).toString('base64');
      requests.push({ path: request.url, contentType, ...(contentEncoding && { contentEncoding }), body });
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const child = spawn(PYTHON, [path.join(FOLDER, 'calls.py')], {
    stdio: 'inherit',
    env: {
      PATH: process.env.PATH,
      OPENAI_BASE_URL: modelServer,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_SERVICE_NAME: 'shop',
      ...variables,
    },
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  server.close();
  if (code !== 0) throw new Error(`The Python program ended with ${code}.`);
  writeFileSync(path.join(RECORDED, `python-${name}.json`), `${JSON.stringify(requests, null, 2)}\n`);
  console.log(`${name}: ${requests.map(({ path: to }) => to).join(', ')}`);
}

install();
mkdirSync(RECORDED, { recursive: true });
const { url, stop } = await startModelServerProcess();
try {
  for (const [name, variables] of Object.entries(CONVENTIONS)) await record(name, variables, url);
} finally {
  stop();
}
