import { Agent, run, setDefaultOpenAIClient, setTraceProcessors, tool } from '@openai/agents';
import OpenAI from 'openai';
import { type SessionOptions, withSession } from 'opentelemetry-instrumentation-openai-agents';
import TracedOpenAI, { APIError } from 'opentelemetry-instrumentation-openai-agents/openai';
import { z } from 'zod';

setDefaultOpenAIClient(new OpenAI({ apiKey: 'sk-local' }));
setTraceProcessors([]);

const getWeather = tool({
  name: 'get_weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});

async function main(): Promise<void> {
  const session: SessionOptions = { id: 'bundled' };
  const weather = new Agent({ name: 'weather_agent', model: 'weather', tools: [getWeather] });
  const result = await withSession(session, () => run(weather, 'How is the weather in Paris?'));
  console.log(result.finalOutput);
  const client: OpenAI = new TracedOpenAI({ apiKey: 'sk-local' });
  const completion = await client.chat.completions.create({
    model: 'plain',
    messages: [{ role: 'user', content: 'What is the capital of France?' }],
  });
  console.log(completion.choices[0]?.message.content);
  console.log(client instanceof OpenAI, APIError === OpenAI.APIError);
}

void main();
