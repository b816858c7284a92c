/** Valid streams that have every member which is read. */
import { RESPONSE, RESPONSE_USAGE } from './api-calls.js';

const CHAT = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5-2026' };

const chat = (delta: object, finish_reason: string | null = null, index = 0) => ({
  ...CHAT,
  choices: [{ index, delta, finish_reason, logprobs: null }],
});

const item = (output_index: number, members: object) => ({
  type: 'response.output_item.added',
  output_index,
  item: members,
});

const text = (type: string, output_index: number, members: object) => ({
  type: `response.${type}`,
  output_index,
  item_id: `item_${output_index}`,
  ...members,
});

const { output: _whole, ...UNANSWERED } = RESPONSE;
const BEGUN = { ...UNANSWERED, status: 'in_progress', output: [], usage: null };

interface StreamedAnswer {
  readonly chunks: readonly unknown[];
  /** The chunks that end the stream: no reader looks for more after one of them. */
  readonly last: readonly unknown[];
}

/** Keyed by the name of the call that they answer. */
export const STREAMED_ANSWERS: Readonly<Record<string, StreamedAnswer>> = {
  'chat.completions.create': {
    chunks: [
      { ...chat({ role: 'assistant', content: '' }), service_tier: 'auto', system_fingerprint: 'fp_1' },
      chat({ content: 'Paris' }),
      chat({ reasoning_content: 'Hm', reasoning: 'Hm' }),
      chat({ refusal: 'No' }),
      chat({ audio: { transcript: 'Paris' } }),
      chat({ function_call: { name: 'old', arguments: '{' } }),
      chat({ tool_calls: [{ index: 0, id: 'call_1', function: { name: 'lookup', arguments: '{"q"' } }] }),
      chat({ tool_calls: [{ index: 1, id: 'call_2', custom: { name: 'shell', input: 'ls' } }] }),
      chat({ content: '.' }, 'stop', 1),
      chat({}, 'tool_calls'),
      { ...CHAT, choices: [], usage: { prompt_tokens: 14, completion_tokens: 7, total_tokens: 21 } },
    ],
    last: [],
  },
  'responses.create': {
    chunks: [
      { type: 'response.created', response: BEGUN },
      item(0, { id: 'msg_1', type: 'message', role: 'assistant', content: [] }),
      text('output_text.delta', 0, { content_index: 0, delta: 'Par' }),
      text('output_text.done', 0, { content_index: 0, text: 'Paris.' }),
      text('refusal.delta', 0, { content_index: 1, delta: 'No' }),
      item(1, { id: 'rs_1', type: 'reasoning', summary: [] }),
      text('reasoning_summary_text.delta', 1, { summary_index: 0, delta: 'Hm' }),
      item(2, { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'lookup', arguments: '' }),
      text('function_call_arguments.delta', 2, { delta: '{"q"' }),
      text('mcp_call_arguments.done', 3, { arguments: '{}' }),
      text('code_interpreter_call_code.delta', 4, { delta: 'print(' }),
      { type: 'response.output_item.done', output_index: 0, item: RESPONSE.output[1] },
      { type: 'error', code: 'server_error', message: 'Try again', param: null },
    ],
    last: [
      {
        type: 'response.failed',
        response: { ...RESPONSE, status: 'failed', error: { code: 'c', message: 'm' } },
      },
      { type: 'response.completed', response: RESPONSE },
    ],
  },
  'completions.create': {
    chunks: [
      { id: 'cmpl-1', model: 'm', choices: [{ index: 0, text: 'Par', finish_reason: null }] },
      { id: 'cmpl-1', model: 'm', choices: [{ index: 1, text: 'Rome', finish_reason: 'length' }] },
      { id: 'cmpl-1', model: 'm', choices: [{ index: 0, text: 'is', finish_reason: 'stop' }] },
      { id: 'cmpl-1', model: 'm', choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
    ],
    last: [],
  },
  'images.generate': {
    chunks: [
      { type: 'image_generation.partial_image', partial_image_index: 0, b64_json: 'aGVs' },
      {
        type: 'image_generation.completed',
        b64_json: 'aGVsbG8=',
        output_format: 'webp',
        usage: RESPONSE_USAGE,
      },
    ],
    last: [],
  },
  'audio.transcriptions.create': {
    chunks: [{ type: 'transcript.text.delta', delta: 'Good ' }],
    last: [{ type: 'transcript.text.done', text: 'Good day.', usage: { type: 'tokens', ...RESPONSE_USAGE } }],
  },
};
