import { run } from '@openai/agents';
import Fastify from 'fastify';
import { weatherAgent } from '../agent.mjs';

const app = Fastify();

app.post('/ask', async (request) => {
  const result = await run(weatherAgent, request.body.question);
  return { answer: result.finalOutput };
});

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));
