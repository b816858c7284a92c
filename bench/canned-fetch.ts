/** Answers of the API from within this process: no socket, no server, the same bytes every time. */

export const CHUNKS_PER_STREAM = 500;

const HEADERS = { 'content-type': 'application/json', 'x-request-id': 'req_0123456789abcdef' };

const COMPLETION = JSON.stringify({
  id: 'chatcmpl-0123456789',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-5-mini-2026-01-01',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'The capital of France is Paris.', refusal: null },
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 14,
    completion_tokens: 7,
    total_tokens: 21,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  },
  service_tier: 'default',
  system_fingerprint: 'fp_0123456789',
});

const STREAM = new TextEncoder().encode(
  [...Array.from({ length: CHUNKS_PER_STREAM }, (_, index) => chunk(index)), 'data: [DONE]\n\n'].join(''),
);

export const cannedFetch: typeof fetch = async (_url, init) => {
  const streamed = String(init?.body).includes('"stream":true');
  return streamed
    ? new Response(STREAM, { headers: { ...HEADERS, 'content-type': 'text/event-stream' } })
    : new Response(COMPLETION, { headers: HEADERS });
};

function chunk(index: number): string {
  const last = index === CHUNKS_PER_STREAM - 1;
  const data = {
    id: 'chatcmpl-0123456789',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'gpt-5-mini-2026-01-01',
    service_tier: 'default',
    system_fingerprint: 'fp_0123456789',
    choices: [{ index: 0, delta: last ? {} : { content: ' word' }, finish_reason: last ? 'stop' : null }],
  };
  return `data: ${JSON.stringify(data)}\n\n`;
}
