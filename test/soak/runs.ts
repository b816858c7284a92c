/**
 * Thousands of agent runs, streamed and not, with tools and handoffs, failed and aborted. None may leave anything
 * behind.
 *
 *     npm run test:soak
 */
import * as agents from '@openai/agents';
import * as openai from 'openai';
import { soak } from './heap.js';
import { startTelemetry } from './telemetry.js';

agents.setTraceProcessors([]);
const { flush, left } = startTelemetry({ openai, agents });

const answer = (output: readonly unknown[]) => ({
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'gpt-5-mini',
  output,
  usage: { input_tokens: 14, output_tokens: 7, total_tokens: 21 },
});
const call = (name: string) => ({
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name,
  arguments: '{}',
  status: 'completed',
});
const TEXT = answer([
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'All is well.', annotations: [] }],
  },
]);

function reply(body: string): object {
  if (body.includes('function_call_output')) return TEXT;
  if (body.includes('"model":"hands-over"')) return answer([call('transfer_to_stock')]);
  return body.includes('"model":"uses-tool"') ? answer([call('orders')]) : TEXT;
}

let failing = false;
const client = new openai.OpenAI({
  apiKey: 'sk-local',
  baseURL: 'http://soak.invalid/v1',
  maxRetries: 0,
  async fetch(_url, init) {
    if (failing) return Response.json({ error: { message: 'no' } }, { status: 500 });
    const body = String(init?.body);
    const response = reply(body);
    if (!body.includes('"stream":true')) return Response.json(response);
    const event = { type: 'response.completed', response };
    return new Response(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`, {
      headers: { 'content-type': 'text/event-stream' },
    });
  },
});
agents.setDefaultOpenAIClient(client);

const orders = agents.tool({
  name: 'orders',
  description: 'Looks up orders.',
  parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
  execute: () => 'none',
});
const plain = new agents.Agent({ name: 'desk', model: 'plain' });
const withTool = new agents.Agent({ name: 'desk', model: 'uses-tool', tools: [orders] });
const stock = new agents.Agent({ name: 'stock', model: 'plain' });
const handsOver = agents.Agent.create({ name: 'desk', model: 'hands-over', handoffs: [stock] });

const FATES: readonly (() => Promise<unknown>)[] = [
  () => agents.run(plain, 'Is all well?'),
  () => agents.run(withTool, 'Is all well?'),
  () => agents.run(handsOver, 'Is all well?'),
  async () => {
    const result = await agents.run(withTool, 'Is all well?', { stream: true });
    for await (const _event of result) {
      // Reads to the end.
    }
    await result.completed;
  },
  async () => {
    const result = await agents.run(withTool, 'Is all well?', { stream: true });
    for await (const _event of result) break;
    await result.completed.catch(() => {});
  },
  async () => {
    failing = true;
    try {
      await agents.run(plain, 'Is all well?');
    } catch {
      // It is the point.
    } finally {
      failing = false;
    }
  },
  // Of a few customers: each one's session is open until it is idle.
  () => agents.run(plain, 'Is all well?', { session: new agents.MemorySession({ sessionId: 'customer' }) }),
];

const play = async (index: number) => {
  await FATES[index % FATES.length]?.();
};

// The stream remembers the ids of the 10,000 sessions that ended last: it is full after the warm-up.
await soak({ what: 'runs of agents', total: 5000, warmUp: 10_500, every: 1000, play, flush, left });
