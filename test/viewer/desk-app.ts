/**
 * The support desk of the README's demo as an application that knows nothing of telemetry: a request for each line of
 * standard input, until that ends.
 */
import { createInterface } from 'node:readline';
import { run, setDefaultOpenAIClient, setTraceProcessors } from '@openai/agents';
import { OpenAI } from 'openai';
import { createDesk } from '../../examples/support-desk/desk.js';

const [, , modelUrl, shop = ''] = process.argv;

// The SDK's own exporter would send these traces to OpenAI.
setTraceProcessors([]);
setDefaultOpenAIClient(
  new OpenAI({ apiKey: 'sk-local', baseURL: modelUrl, defaultHeaders: { 'x-scenario': 'support-desk' } }),
);
const desk = createDesk('gpt-5-mini', shop);
for await (const request of createInterface({ input: process.stdin })) {
  const { finalOutput } = await run(desk, request);
  console.log(finalOutput);
}
