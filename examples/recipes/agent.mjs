// The agent of these recipes: one tool.
import { Agent, tool } from '@openai/agents';
import { z } from 'zod';

const getWeather = tool({
  name: 'get_weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});

export const weatherAgent = new Agent({
  name: 'weather_agent',
  model: 'weather',
  instructions: 'Say how the weather is.',
  tools: [getWeather],
});
