import { run } from '@openai/agents';
import express from 'express';
import { weatherAgent } from '../agent.mjs';

const app = express();
app.use(express.json());

app.post('/ask', async (request, response) => {
  const result = await run(weatherAgent, request.body.question);
  response.json({ answer: result.finalOutput });
});

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
