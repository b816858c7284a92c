import { run } from '@openai/agents';
import { weatherAgent } from '../../../agent';

export async function POST(request: Request) {
  const result = await run(weatherAgent, await request.text());
  return Response.json({ answer: result.finalOutput });
}
