import { run } from '@openai/agents';
import { weatherAgent } from '../agent.mjs';

const server = Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  hostname: '127.0.0.1',
  routes: {
    '/ask': {
      POST: async (request) => {
        const { question } = await request.json();
        const result = await run(weatherAgent, question);
        return Response.json({ answer: result.finalOutput });
      },
    },
  },
});
console.log(`http://127.0.0.1:${server.port}`);
