/**
 * The ten answers of a run, from within this process: seven turns with two tool calls each, two handoffs, and a text. The
 * number of results in the request says which turn it is.
 */

const HEADERS = { 'content-type': 'application/json', 'x-request-id': 'req_0123456789abcdef' };

const TOOLS = ['orders', 'stock'];
/** The functions that each turn calls. */
const PLAN: readonly (readonly string[])[] = [
  TOOLS,
  TOOLS,
  ['transfer_to_stock'],
  TOOLS,
  TOOLS,
  TOOLS,
  ['transfer_to_shipping'],
  TOOLS,
  TOOLS,
];

const ANSWER = response([
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'All is well.', annotations: [] }],
  },
]);

export const TURNS_OF_A_RUN = PLAN.length + 1;

const ANSWERS = new Map<number, string>();
let results = 0;
for (const [turn, names] of PLAN.entries()) {
  ANSWERS.set(results, response(names.map((name, index) => call(name, `${turn}_${index}`))));
  results += names.length;
}
ANSWERS.set(results, ANSWER);

export const cannedRunFetch: typeof fetch = async (_url, init) => {
  const answer = ANSWERS.get(String(init?.body).split('"function_call_output"').length - 1);
  if (answer === undefined) throw new Error('the request is not one of the run');
  return new Response(answer, { headers: HEADERS });
};

function call(name: string, id: string): unknown {
  return {
    type: 'function_call',
    id: `fc_${id}`,
    call_id: `call_${id}`,
    name,
    arguments: '{}',
    status: 'completed',
  };
}

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
