/** Answers of the API from within this process: no socket, no server, the same bytes every time. */

/** The numbers of chunks of a short and a long stream: their difference leaves out what a stream costs by itself. */
export const SHORT_STREAM = 100;
export const LONG_STREAM = 600;

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

/** @param chunks - the number of chunks of a streamed answer. */
export function cannedFetch(chunks: number): typeof fetch {
  const stream = new TextEncoder().encode(
    [...Array.from({ length: chunks }, (_, index) => chunk(index === chunks - 1)), 'data: [DONE]\n\n'].join(
      '',
    ),
  );
  return async (_url, init) => {
    const streamed = String(init?.body).includes('"stream":true');
    return streamed
      ? new Response(stream, { headers: { ...HEADERS, 'content-type': 'text/event-stream' } })
      : new Response(COMPLETION, { headers: HEADERS });
  };
}

function chunk(last: boolean): string {
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
