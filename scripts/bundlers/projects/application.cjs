// application.mjs in CommonJS.
const agents = require('@openai/agents');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
const openai = require('openai');
const {
  ChaukasSpanProcessor,
  FileSink,
  OpenAIAgentsInstrumentation,
  withSession,
} = require('opentelemetry-instrumentation-openai-agents');
const TracedOpenAI = require('opentelemetry-instrumentation-openai-agents/openai');
const { z } = require('zod');

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
  console.log(client instanceof OpenAI, TracedOpenAI.APIError === openai.APIError);
  await provider.shutdown();
}

main();
