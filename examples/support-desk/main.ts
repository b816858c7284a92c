/**
 * A support desk at work, traced: agents without and with streaming, then the client alone. It talks to the local
 * model server unless OPENAI_API_KEY and OPENAI_BASE_URL are set.
 */
import { run, setDefaultOpenAIClient, setTraceProcessors } from '@openai/agents';
import { OpenAI } from 'openai';
import { startModelServer } from '../model-server/server.js';
import { createDesk } from './desk.js';
import { formatEventSummary } from './event-summary.js';
import { eventsFile, otlpEndpoint, spanMemory, stopTelemetry } from './telemetry.js';
import { formatTraces } from './trace-tree.js';

const REQUEST = 'My kettle from order A-1001 arrived broken. I would like my money back.';
const QUESTION = 'What is the capital of France?';

// The model server also plays the shop that the tools call.
const server = await startModelServer();
const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL } = process.env;
const remote = apiKey !== undefined && baseURL !== undefined;
const model = process.env.OPENAI_MODEL ?? 'gpt-5-mini';

function createClient(scenario: string, fault?: string): OpenAI {
  if (remote) return new OpenAI({ apiKey, baseURL });
  const defaultHeaders = { 'x-scenario': scenario, ...(fault !== undefined && { 'x-fault': fault }) };
  return new OpenAI({ apiKey: 'sk-local', baseURL: server.url, defaultHeaders });
}

// Stops the SDK's own exporter from sending these traces to OpenAI; the processor of this package stays.
setTraceProcessors([]);

// The first request is answered with a rate limit, so that the trace shows a retry.
setDefaultOpenAIClient(createClient('support-desk', 'rate-limit;times=1;retry-after-ms=40'));
const desk = createDesk(model, server.origin);

const answer = await run(desk, REQUEST);
console.log(`Customer: ${REQUEST}\nDesk:     ${answer.finalOutput}\n`);

const streamed = await run(desk, REQUEST, { stream: true });
process.stdout.write('Streamed: ');
for await (const text of streamed.toTextStream()) process.stdout.write(text);
await streamed.completed;
console.log('\n');

const client = createClient('plain');
const chunks = await client.chat.completions.create({
  model,
  messages: [{ role: 'user', content: QUESTION }],
  stream: true,
  stream_options: { include_usage: true },
});
process.stdout.write(`Customer: ${QUESTION}\nChat:     `);
for await (const chunk of chunks) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
const response = await client.responses.create({ model, input: QUESTION });
console.log(`\nResponse: ${response.output_text}\n`);

const traces = formatTraces(spanMemory.getFinishedSpans());
const exportFailure = await stopTelemetry();
await server.close();

console.log(`${traces}\n`);
console.log(formatEventSummary(eventsFile));
if (otlpEndpoint !== undefined) {
  console.log(
    exportFailure === undefined
      ? `traces were exported to ${otlpEndpoint}`
      : `traces were not exported: ${otlpEndpoint} (OTEL_EXPORTER_OTLP_ENDPOINT) failed with "${exportFailure}"`,
  );
}
