/** Plays runs of agents in one variant, and prints the processor time of one run in microseconds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as agents from '@openai/agents';
import { BatchSpanProcessor, NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import * as openai from 'openai';
import {
  ChaukasSpanProcessor,
  FileSink,
  OpenAIAgentsInstrumentation,
} from 'opentelemetry-instrumentation-openai-agents';
import type { Variant } from './agent-variants.js';
import { cannedRunFetch } from './canned-run-fetch.js';

const WARM_UP = 150;
const RUNS = 300;

const variant = process.argv[2] as Variant;
const folder = mkdtempSync(join(tmpdir(), 'bench-agents-'));

// The SDK's own tracing stays on in every variant; its traces go nowhere.
agents.setTraceProcessors([]);
const client = new openai.OpenAI({
  apiKey: 'sk-local',
  baseURL: 'https://api.openai.com/v1',
  fetch: cannedRunFetch,
});
agents.setDefaultOpenAIClient(client);

const discarded = {
  export: (_spans: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  shutdown: async () => {},
  forceFlush: async () => {},
};
const processors: SpanProcessor[] = [new BatchSpanProcessor(discarded)];
if (variant === 'traces and events') {
  processors.push(
    new ChaukasSpanProcessor({ sinks: [new FileSink({ path: join(folder, 'events.jsonl') })] }),
  );
}
const provider = new NodeTracerProvider({ spanProcessors: processors });
if (variant !== 'uninstrumented') {
  provider.register();
  const instrumentation = new OpenAIAgentsInstrumentation();
  instrumentation.setTracerProvider(provider);
  instrumentation.manuallyInstrument({ openai, agents });
}

const tool = (name: string) =>
  agents.tool({
    name,
    description: `Looks up ${name}.`,
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
    execute: () => `${name} is fine`,
  });
const agent = new agents.Agent({
  name: 'desk',
  instructions: 'Answer briefly.',
  model: 'gpt-5-mini',
  tools: [tool('orders'), tool('stock')],
});

async function play(runs: number): Promise<void> {
  for (let run = 0; run < runs; run += 1) {
    const { finalOutput } = await agents.run(agent, 'Is all well?');
    if (finalOutput !== 'All is well.') throw new Error(`the run gave ${String(finalOutput)}`);
  }
}

await play(WARM_UP);
const before = process.cpuUsage();
await play(RUNS);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / RUNS);
await provider.shutdown();
rmSync(folder, { recursive: true });
