/** Streams of the two APIs from this process: without a socket, with the same bytes every time, and some broken. */

/** Header with which a request chooses its answer; the client ignores it. */
export const ANSWER_HEADER = 'x-answer';

export type StreamAnswer = 'whole' | 'cut' | 'malformed' | 'refused' | 'unreachable';

const TEXT = 'The capital of France is Paris, and has been so for most of the time since then.';
const WORDS = TEXT.split(' ').map((word) => `${word} `);
const MODEL = 'gpt-5-mini-2026-01-01';

const chat = (delta: object, finish_reason: string | null) => ({
  id: 'chatcmpl-0123456789',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: MODEL,
  choices: [{ index: 0, delta, finish_reason }],
});

const CHAT_CHUNKS: readonly object[] = [
  chat({ role: 'assistant', content: '' }, null),
  ...WORDS.map((content) => chat({ content }, null)),
  chat({}, 'stop'),
  {
    ...chat({}, null),
    choices: [],
    usage: { prompt_tokens: 14, completion_tokens: 17, total_tokens: 31 },
  },
];

const RESPONSE = { id: 'resp_0123456789', object: 'response', created_at: 1_700_000_000, model: MODEL };

const message = (text: string) => ({
  id: 'msg_0123456789',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
});

const RESPONSES_EVENTS: readonly object[] = [
  { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', output: [] } },
  { type: 'response.output_item.added', output_index: 0, item: { ...message(''), content: [] } },
  ...WORDS.map((delta) => ({
    type: 'response.output_text.delta',
    item_id: 'msg_0123456789',
    output_index: 0,
    content_index: 0,
    delta,
  })),
  { type: 'response.output_item.done', output_index: 0, item: message(TEXT) },
  {
    type: 'response.completed',
    response: {
      ...RESPONSE,
      status: 'completed',
      output: [message(TEXT)],
      usage: { input_tokens: 14, output_tokens: 17, total_tokens: 31 },
    },
  },
];

const encoder = new TextEncoder();
const frames = (data: readonly object[]) =>
  data.map((each) => encoder.encode(`data: ${JSON.stringify(each)}\n\n`));

const CHAT_FRAMES = [...frames(CHAT_CHUNKS), encoder.encode('data: [DONE]\n\n')];
const RESPONSES_FRAMES = frames(RESPONSES_EVENTS);
const NO_JSON = encoder.encode('data: {"choices":\n\n');

const HEADERS = { 'x-request-id': 'req_0123456789abcdef' };

export const cannedStreams: typeof fetch = async (url, init) => {
  const answer = new Headers(init?.headers).get(ANSWER_HEADER) as StreamAnswer;
  if (answer === 'unreachable') throw new TypeError('fetch failed');
  if (answer === 'refused') {
    return Response.json(
      { error: { message: 'Too many', code: 'rate_limit' } },
      { status: 429, headers: HEADERS },
    );
  }
  const whole = String(url).endsWith('/responses') ? RESPONSES_FRAMES : CHAT_FRAMES;
  const half = whole.slice(0, whole.length / 2);
  return new Response(bodyOf(answer === 'whole' ? whole : half, answer), {
    headers: { ...HEADERS, 'content-type': 'text/event-stream' },
  });
};

/** Delivers one piece per read, as a socket would. */
function bodyOf(pieces: readonly Uint8Array[], answer: StreamAnswer): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const piece = pieces[next];
      next += 1;
      if (piece !== undefined) controller.enqueue(piece);
      else if (answer === 'cut') controller.error(new TypeError('terminated'));
      else {
        if (answer === 'malformed') controller.enqueue(NO_JSON);
        controller.close();
      }
    },
  });
}
