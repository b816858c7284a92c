import { serve } from '@hono/node-server';
import { run } from '@openai/agents';
import { Hono } from 'hono';
import { weatherAgent } from '../agent.mjs';

const app = new Hono();

app.post('/ask', async (c) => {
  const { question } = await c.req.json();
  const result = await run(weatherAgent, question);
  return c.json({ answer: result.finalOutput });
});

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`);
});
