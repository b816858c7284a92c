import { run } from '@openai/agents';
import { weatherAgent } from '../agent.mjs';
import { telemetry } from './telemetry.mjs';

export async function handler(event) {
  try {
    const result = await run(weatherAgent, event.question);
    return { statusCode: 200, body: JSON.stringify({ answer: result.finalOutput }) };
  } finally {
    // The platform freezes the process between invocations, and may never thaw it.
    await telemetry.forceFlush();
  }
}
