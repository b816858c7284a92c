/** The two answers of a run, from within this process: two tool calls, then a text. */

const HEADERS = { 'content-type': 'application/json', 'x-request-id': 'req_0123456789abcdef' };

const CALLS = response([
  {
    type: 'function_call',
    id: 'fc_1',
    call_id: 'call_1',
    name: 'orders',
    arguments: '{}',
    status: 'completed',
  },
  {
    type: 'function_call',
    id: 'fc_2',
    call_id: 'call_2',
    name: 'stock',
    arguments: '{}',
    status: 'completed',
  },
]);
const ANSWER = response([
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'All is well.', annotations: [] }],
  },
]);

export const cannedRunFetch: typeof fetch = async (_url, init) =>
  new Response(String(init?.body).includes('function_call_output') ? ANSWER : CALLS, { headers: HEADERS });

function response(output: readonly unknown[]): string {
  return JSON.stringify({
    id: 'resp_0123456789',
    object: 'response',
    created_at: 1_700_000_000,
    status: 'completed',
    model: 'gpt-5-mini-2026-01-01',
    output,
    usage: {
      input_tokens: 14,
      output_tokens: 7,
      total_tokens: 21,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  });
}
