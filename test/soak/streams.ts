/**
 * Streamed calls by the ten thousand, read, left, aborted, broken, failed and never read: nothing of them may stay.
 *
 *     npm run test:soak
 */
import * as openai from 'openai';
import { soak } from './heap.js';
import { startTelemetry } from './telemetry.js';

const { left } = startTelemetry({ openai });

const chunk = (content: string, finish: string | null) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'gpt-5-mini',
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  })}\n\n`;
const event = (data: { type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const response = { id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-5-mini', output: [] };
const encoder = new TextEncoder();

const CHAT = encoder.encode(
  [chunk('All ', null), chunk('is ', null), chunk('well.', 'stop'), 'data: [DONE]\n\n'].join(''),
);
const CHAT_CUT = encoder.encode(chunk('All ', null));
const RESPONSE = encoder.encode(
  [
    event({ type: 'response.created', response: { ...response, status: 'in_progress' } } as { type: string }),
    event({ type: 'response.output_text.delta', delta: 'All is well.' } as { type: string }),
    event({ type: 'response.completed', response } as { type: string }),
  ].join(''),
);

/** What becomes of a call, in turn. */
const FATES = ['read', 'read', 'read', 'left', 'aborted', 'cut', 'failed', 'unread'] as const;
type Fate = (typeof FATES)[number];
let fate: Fate = 'read';

const client = new openai.OpenAI({
  apiKey: 'sk-local',
  baseURL: 'http://soak.invalid/v1',
  maxRetries: 0,
  async fetch(url) {
    if (fate === 'failed') return Response.json({ error: { message: 'no' } }, { status: 500 });
    const headers = { 'content-type': 'text/event-stream', 'x-request-id': 'req_1' };
    if (!String(url).endsWith('/chat/completions')) return new Response(RESPONSE, { headers });
    if (fate !== 'cut') return new Response(CHAT, { headers });
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(CHAT_CUT);
      },
      pull(controller) {
        controller.error(new TypeError('terminated'));
      },
    });
    return new Response(body, { headers });
  },
});

async function play(index: number): Promise<void> {
  fate = FATES[(index >> 1) % FATES.length] ?? 'read';
  try {
    const stream =
      index % 2 === 0
        ? await client.chat.completions.create({ model: 'gpt-5-mini', messages: [], stream: true })
        : await client.responses.create({ model: 'gpt-5-mini', input: 'Is all well?', stream: true });
    if (fate === 'unread') return;
    for await (const _chunk of stream) {
      if (fate === 'left') break;
      if (fate === 'aborted') stream.controller.abort();
    }
  } catch (error) {
    if (fate !== 'failed' && fate !== 'cut') throw error;
  }
}

await soak({ what: 'streamed calls', total: 20_000, warmUp: 4000, every: 4000, play, left });
