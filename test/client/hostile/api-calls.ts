/** The calls that are made with hostile values, each with a valid request and a valid answer. */
import type { OpenAI } from 'openai';

type Body = Readonly<Record<string, unknown>>;

export interface ApiCall {
  readonly name: string;
  /** Makes a valid request; a new one each time, because a file can be read only once. */
  request(): Body;
  /** Parameters of the request that may get hostile values. */
  readonly parameters: readonly string[];
  /** Parameters that hold messages, their parts or tools, which are read at every depth. */
  readonly content: readonly string[];
  /** A valid answer that has every member which is read. */
  readonly answer: unknown;
  /** Calls the method with these arguments. */
  call(client: OpenAI, ...args: unknown[]): unknown;
}

const SAMPLING = [
  'model',
  'stream',
  'n',
  'temperature',
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
  'stop',
  'seed',
  'max_tokens',
];

const USAGE = {
  prompt_tokens: 14,
  completion_tokens: 7,
  total_tokens: 21,
  prompt_tokens_details: { cached_tokens: 2, audio_tokens: 1, cached_tokens_details: { text_tokens: 1 } },
  completion_tokens_details: { reasoning_tokens: 3, audio_tokens: 1 },
};

export const RESPONSE_USAGE = {
  input_tokens: 14,
  input_tokens_details: { cached_tokens: 2, text_tokens: 3, image_tokens: 4 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 3 },
  total_tokens: 21,
};

export const RESPONSE = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'gpt-5',
  status: 'completed',
  incomplete_details: { reason: 'max_output_tokens' },
  error: null,
  instructions: [
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] },
  ],
  service_tier: 'default',
  tools: [{ type: 'function', name: 'lookup', parameters: { type: 'object' } }],
  output: [
    { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [
        { type: 'output_text', text: 'Paris.', annotations: [] },
        { type: 'refusal', refusal: 'No.' },
      ],
    },
    { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'lookup', arguments: '{"q":1}' },
    { id: 'fs_1', type: 'file_search_call', queries: ['q'], results: [{ file_id: 'f', text: 't' }] },
    { id: 'ws_1', type: 'web_search_call', action: { type: 'search', query: 'q', sources: [{ url: 'u' }] } },
    { id: 'mcp_1', type: 'mcp_call', name: 'm', server_label: 's', arguments: '{}', output: 'o' },
    { id: 'sh_1', type: 'shell_call', call_id: 'call_2', environment: { type: 'container_reference' } },
    { id: 'sh_2', type: 'shell_call_output', call_id: 'call_2', output: [{ stdout: 'x' }] },
    { id: 'ig_1', type: 'image_generation_call', result: 'aGVsbG8=' },
    { id: 'cp_1', type: 'compaction', encrypted_content: 'x' },
  ],
  usage: RESPONSE_USAGE,
};

/** A page refers to its request, which is not compared. */
function resultsOf(page: Awaited<ReturnType<OpenAI['vectorStores']['search']>>) {
  return { data: page.data, object: page.object, class: page.constructor.name };
}

const TEXT_CHOICE = { index: 0, text: 'Paris.', finish_reason: 'stop', logprobs: null };

export const API_CALLS: readonly ApiCall[] = [
  {
    name: 'chat.completions.create',
    request: () => ({ model: 'gpt-5', messages: [{ role: 'user', content: 'Capital of France?' }] }),
    parameters: [
      ...SAMPLING,
      'messages',
      'tools',
      'functions',
      'max_completion_tokens',
      'reasoning_effort',
      'response_format',
      'modalities',
      'service_tier',
    ],
    content: ['messages', 'tools', 'functions'],
    answer: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-5-2026',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Paris.',
            refusal: null,
            reasoning_content: 'Hm.',
            audio: { id: 'a', data: 'aGVsbG8=', transcript: 'Paris.' },
            tool_calls: [
              { id: 'call_1', type: 'function', function: { name: 'lookup', arguments: '{"q":1}' } },
              { id: 'call_2', type: 'custom', custom: { name: 'shell', input: 'ls' } },
            ],
            function_call: { name: 'old', arguments: '{}' },
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: USAGE,
      service_tier: 'default',
      system_fingerprint: 'fp_1',
    },
    call: (client, ...args) => Reflect.apply(client.chat.completions.create, client.chat.completions, args),
  },
  {
    name: 'responses.create',
    request: () => ({ model: 'gpt-5', input: 'Capital of France?' }),
    parameters: [
      'model',
      'input',
      'instructions',
      'stream',
      'tools',
      'max_output_tokens',
      'temperature',
      'top_p',
      'reasoning',
      'previous_response_id',
      'prompt',
      'conversation',
      'text',
      'service_tier',
    ],
    content: ['input', 'instructions', 'tools', 'prompt'],
    answer: RESPONSE,
    call: (client, ...args) => Reflect.apply(client.responses.create, client.responses, args),
  },
  {
    name: 'embeddings.create',
    request: () => ({ model: 'text-embedding-3-small', input: ['one', 'two'] }),
    parameters: ['model', 'input', 'dimensions', 'encoding_format'],
    content: ['input'],
    answer: {
      object: 'list',
      model: 'text-embedding-3-small',
      data: [
        { object: 'embedding', index: 0, embedding: 'AACAPwAAAEA=' },
        { object: 'embedding', index: 1, embedding: [1, 2] },
      ],
      usage: { prompt_tokens: 2, total_tokens: 2 },
    },
    call: (client, ...args) => Reflect.apply(client.embeddings.create, client.embeddings, args),
  },
  {
    name: 'images.generate',
    request: () => ({ model: 'gpt-image-1', prompt: 'A cat on a mat' }),
    parameters: ['model', 'prompt', 'n', 'stream', 'image', 'mask', 'markup', 'size'],
    content: ['prompt', 'image', 'mask'],
    answer: {
      created: 1,
      output_format: 'webp',
      data: [
        { b64_json: 'aGVsbG8=', revised_prompt: 'A cat' },
        { url: 'data:image/png;base64,aGVsbG8=' },
        { url: 'https://example.com/cat.png' },
      ],
      usage: RESPONSE_USAGE,
    },
    call: (client, ...args) => Reflect.apply(client.images.generate, client.images, args),
  },
  {
    name: 'audio.transcriptions.create',
    request: () => ({
      model: 'whisper-1',
      file: new File(['sound'], 'call.wav', { type: 'audio/wav' }),
    }),
    parameters: ['model', 'file', 'prompt', 'stream', 'temperature', 'language'],
    content: ['file', 'prompt'],
    answer: { text: 'Good day.', usage: { type: 'tokens', ...RESPONSE_USAGE } },
    call: ({ audio }, ...args) => Reflect.apply(audio.transcriptions.create, audio.transcriptions, args),
  },
  {
    name: 'moderations.create',
    request: () => ({ model: 'omni-moderation-latest', input: 'I love you.' }),
    parameters: ['model', 'input'],
    content: ['input'],
    answer: {
      id: 'modr-1',
      model: 'omni-moderation-latest',
      results: [
        { flagged: true, categories: { hate: true, violence: false }, category_scores: { hate: 0.9 } },
        { flagged: false, categories: {}, category_scores: {} },
      ],
    },
    call: (client, ...args) => Reflect.apply(client.moderations.create, client.moderations, args),
  },
  {
    name: 'vectorStores.search',
    request: () => ({ query: 'refunds', max_num_results: 2 }),
    parameters: ['query', 'max_num_results', 'filters', 'vector_store_id'],
    content: ['query', 'filters'],
    answer: {
      object: 'vector_store.search_results.page',
      search_query: ['refunds'],
      data: [
        { file_id: 'f', filename: 'a.md', score: 0.9, content: [{ type: 'text', text: 'Within 30 days.' }] },
      ],
      has_more: false,
      next_page: null,
    },
    call: ({ vectorStores }, ...args) =>
      Reflect.apply(vectorStores.search, vectorStores, ['vs_1', ...args]).then(resultsOf),
  },
  {
    name: 'completions.create',
    request: () => ({ model: 'gpt-3.5-turbo-instruct', prompt: ['One', 'Two'] }),
    parameters: [...SAMPLING, 'prompt'],
    content: ['prompt'],
    answer: {
      id: 'cmpl-1',
      object: 'text_completion',
      created: 1,
      model: 'gpt-3.5-turbo-instruct',
      choices: [TEXT_CHOICE, { ...TEXT_CHOICE, index: 1 }],
      usage: USAGE,
    },
    call: (client, ...args) => Reflect.apply(client.completions.create, client.completions, args),
  },
];
