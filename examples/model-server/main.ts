import { startModelServer } from './server.js';

const DEFAULT_PORT = 8787;

const { PORT = '' } = process.env;
const port = PORT === '' ? DEFAULT_PORT : Number(PORT);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`PORT is "${PORT}": set it to a number from 0 (any free port) to 65535.`);
  process.exit(1);
}

const server = await startModelServer({ port });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void server.close());
}

console.log(`Model server: ${server.url}`);
console.log(`Scenarios: ${server.scenarioIds.join(', ')}`);
console.log(`Try: OPENAI_BASE_URL=${server.url} OPENAI_API_KEY=sk-local, or ${server.origin}/openapi.json`);
