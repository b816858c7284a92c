import { run } from '@openai/agents';
import { weatherAgent } from '../agent.mjs';

Deno.serve(
  {
    port: Number(Deno.env.get('PORT') ?? 3000),
    hostname: '127.0.0.1',
    onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`),
  },
  async (request) => {
    const { question } = await request.json();
    const result = await run(weatherAgent, question);
    return Response.json({ answer: result.finalOutput });
  },
);
