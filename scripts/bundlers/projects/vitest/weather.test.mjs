// vitest imports packages itself, past the loader hook, so the modules are passed.
import * as agents from '@openai/agents';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import * as openai from 'openai';
import { OpenAIAgentsInstrumentation, withSession } from 'opentelemetry-instrumentation-openai-agents';
import TracedOpenAI from 'opentelemetry-instrumentation-openai-agents/openai';
import { afterAll, beforeEach, expect, test } from 'vitest';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
new OpenAIAgentsInstrumentation().manuallyInstrument({ openai, agents });
const names = () => exporter.getFinishedSpans().map((span) => span.name);

beforeEach(() => exporter.reset());
afterAll(() => provider.shutdown());

test('a run within a session has a whole trace', async () => {
  const { Agent, run, setTraceProcessors } = agents;
  setTraceProcessors([]);
  await withSession({ id: 'vitest' }, () => run(new Agent({ name: 'plain_agent', model: 'plain' }), 'Hello'));
  expect(names()).toEqual([
    'chat plain',
    'invoke_agent plain_agent',
    'invoke_workflow plain_agent',
    'session',
  ]);
});

test('the class of ./openai is that of openai, traced', async () => {
  const client = new TracedOpenAI();
  expect(client).toBeInstanceOf(openai.OpenAI);
  await client.chat.completions.create({ model: 'plain', messages: [{ role: 'user', content: 'Hello' }] });
  expect(names()).toEqual(['chat plain']);
  await expect(client.models.retrieve('none')).rejects.toBeInstanceOf(openai.APIError);
});
