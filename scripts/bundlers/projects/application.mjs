// An application that is bundled with everything it imports: no module hook can see those imports.
import * as agents from '@openai/agents';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import * as openai from 'openai';
import {
  ChaukasSpanProcessor,
  FileSink,
  OpenAIAgentsInstrumentation,
  withSession,
} from 'opentelemetry-instrumentation-openai-agents';
import TracedOpenAI, { APIError } from 'opentelemetry-instrumentation-openai-agents/openai';
import { z } from 'zod';

const provider = new NodeTracerProvider({
  spanProcessors: [
    new BatchSpanProcessor(new OTLPTraceExporter()),
    new ChaukasSpanProcessor({ sinks: [new FileSink({ path: process.env.EVENTS_FILE })] }),
  ],
});
provider.register();
new OpenAIAgentsInstrumentation().manuallyInstrument({ openai, agents });

const { Agent, run, setDefaultOpenAIClient, setTraceProcessors, tool } = agents;
const { OpenAI } = openai;
setDefaultOpenAIClient(new OpenAI({ apiKey: 'sk-local' }));
setTraceProcessors([]);

const weather = new Agent({
  name: 'weather_agent',
  model: 'weather',
  tools: [
    tool({
      name: 'get_weather',
      description: 'The weather in a city.',
      parameters: z.object({ city: z.string() }),
      execute: async ({ city }) => `sunny in ${city}`,
    }),
  ],
});

async function main() {
  await withSession({ id: 'bundled' }, async () => {
    const result = await run(weather, 'How is the weather in Paris?');
    console.log(result.finalOutput);
  });
  const messages = [{ role: 'user', content: 'What is the capital of France?' }];
  const client = new TracedOpenAI({ apiKey: 'sk-local' });
  const completion = await client.chat.completions.create({ model: 'plain', messages });
  console.log(completion.choices[0].message.content);
  console.log(client instanceof OpenAI, APIError === openai.APIError);
  await provider.shutdown();
}

main();
