/** Answers for the servers of scenarios. */
export const CHAT_COMPLETION = {
  id: 'chatcmpl-canned',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-canned',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Paris.', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};

export const RESPONSE = {
  id: 'resp_canned',
  object: 'response',
  created_at: 1,
  model: 'gpt-canned',
  status: 'completed',
  output: [
    {
      id: 'msg_canned',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Paris.', annotations: [] }],
    },
  ],
  usage: {
    input_tokens: 3,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 2,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 5,
  },
};

/** An answer for both APIs. */
export const EITHER = { ...CHAT_COMPLETION, ...RESPONSE };
