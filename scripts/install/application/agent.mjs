// The ES module of both.cjs.
import { Agent, run, setDefaultOpenAIClient, setTraceProcessors, tool } from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';

export async function askAgent() {
  setDefaultOpenAIClient(new OpenAI({ apiKey: 'sk-local' }));
  setTraceProcessors([]);
  const weather = tool({
    name: 'get_weather',
    description: 'The weather in a city.',
    parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => `sunny in ${city}`,
  });
  const agent = new Agent({ name: 'weather_agent', model: 'weather', tools: [weather] });
  const { finalOutput } = await run(agent, 'How is the weather in Paris?');
  return finalOutput;
}
