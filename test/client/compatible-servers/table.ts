import { type CompatibleServer, chunksOf, completion, failureOf, usage } from './answers.js';

const weather = (args: unknown) => ({ name: 'weather', arguments: args });
const call = (args: unknown, more = {}) => ({
  id: 'call_1',
  type: 'function',
  function: weather(args),
  ...more,
});
const WEATHER = 'tool_call: weather({"city":"Paris"})';

const azure = chunksOf('chatcmpl-az', 'gpt-4o-2024-08-06');
const openrouter = chunksOf('gen-1', 'anthropic/claude-sonnet-4.5');
const groq = chunksOf('chatcmpl-gq', 'llama-3.3-70b-versatile');
const gemini = chunksOf('gem-1', 'gemini-2.5-flash');
const mistral = chunksOf('mi-1', 'magistral-medium-2509');
const deepseek = chunksOf('ds-1', 'deepseek-reasoner');
const moonshot = chunksOf('cmpl-ms', 'kimi-k2');
const vllm = chunksOf('chatcmpl-vl', 'Qwen/Qwen3-8B');
const ollama = chunksOf('chatcmpl-415', 'qwen3:8b');
const litellm = chunksOf('chatcmpl-ll', 'claude-sonnet-4-5');
const together = chunksOf('tg-1', 'meta-llama/Llama-3.3-70B-Instruct-Turbo');
const fireworks = chunksOf('fw-1', 'accounts/fireworks/models/kimi-k2');
const xai = chunksOf('xa-1', 'grok-4');
const perplexity = chunksOf('px-1', 'sonar-pro');
const cerebras = chunksOf('chatcmpl-cb', 'gpt-oss-120b');
const gateway = chunksOf('gw-1', 'gpt-5');

const plainTokens = { input: 20, output: 8 };
const deepseekUsage = {
  ...usage,
  prompt_cache_hit_tokens: 16,
  prompt_cache_miss_tokens: 4,
  completion_tokens_details: { reasoning_tokens: 5 },
};
const xaiUsage = {
  prompt_tokens: 20,
  completion_tokens: 3,
  total_tokens: 28,
  prompt_tokens_details: { text_tokens: 20, audio_tokens: 0, image_tokens: 0, cached_tokens: 16 },
  completion_tokens_details: { reasoning_tokens: 5, audio_tokens: 0 },
};
const perplexityUsage = {
  ...usage,
  cost: { input_tokens_cost: 0.001, request_cost: 0.006, total_cost: 0.007 },
};
const litellmUsage = { ...usage, cache_read_input_tokens: 16, cache_creation_input_tokens: 0 };

/** Compatible servers, each with an answer and a failure as it really sends them. docs/providers.md has the same rows. */
export const COMPATIBLE_SERVERS: readonly CompatibleServer[] = [
  {
    name: 'Azure OpenAI',
    baseURL: 'https://me.openai.azure.com/openai/v1',
    provider: 'azure.ai.openai',
    particular: 'the first chunk has an empty id and model; the next ones have them',
    source: 'Azure/azure-sdk-for-go#21086, openai/openai-python#1266',
    answer: {
      plain: completion(
        'chatcmpl-az',
        'gpt-4o-2024-08-06',
        { content: 'Paris' },
        { prompt_filter_results: [] },
      ),
      stream: [
        { choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: [] },
        azure.say({ role: 'assistant', content: '' }),
        azure.say({ content: 'Paris' }),
        azure.end('stop'),
        azure.bare({ usage }),
      ],
    },
    expected: {
      model: 'gpt-4o-2024-08-06',
      id: 'chatcmpl-az',
      tokens: plainTokens,
      finish: 'stop',
      output: ['text: Paris'],
    },
    failure: failureOf({ code: 'DeploymentNotFound', message: 'no deployment' }, 'DeploymentNotFound'),
  },
  {
    name: 'OpenRouter',
    baseURL: 'https://openrouter.ai/api/v1',
    provider: 'openai',
    particular: '`usage.cost` is the price; an error may stand within the choice',
    source: 'openrouter.ai/docs, langchain-ai/langchainjs#11417, Aider-AI/aider#3550',
    answer: {
      plain: completion(
        'gen-1',
        'anthropic/claude-sonnet-4.5',
        { content: 'Paris', reasoning: 'France.' },
        { provider: 'Anthropic', usage: { ...usage, cost: 0.0021 } },
      ),
      stream: [
        openrouter.say({ role: 'assistant', content: '', reasoning: 'France.' }, { provider: 'Anthropic' }),
        openrouter.say({ content: 'Paris' }),
        openrouter.end('stop'),
        // Its last chunk has a choice without anything in it.
        openrouter.say({ role: 'assistant', content: '' }, { usage: { ...usage, cost: 0.0021 } }),
      ],
    },
    expected: {
      model: 'anthropic/claude-sonnet-4.5',
      id: 'gen-1',
      tokens: plainTokens,
      finish: 'stop',
      output: ['reasoning: France.', 'text: Paris'],
      cost: 0.0021,
    },
    failure: {
      plain: { error: { message: 'Provider returned error', code: 429 }, user_id: 'u' },
      stream: [
        {
          ...openrouter.end('error'),
          choices: [
            {
              index: 0,
              delta: { content: '' },
              finish_reason: 'error',
              error: { code: 429, message: 'Busy' },
            },
          ],
        },
      ],
      type: '429',
    },
  },
  {
    name: 'Groq',
    baseURL: 'https://api.groq.com/openai/v1',
    provider: 'groq',
    particular: 'a stream has its usage in `x_groq.usage` of the last chunk',
    source: 'vercel/ai#1651, traceloop/openllmetry#4419',
    answer: {
      plain: completion(
        'chatcmpl-gq',
        'llama-3.3-70b-versatile',
        { content: 'Paris' },
        { x_groq: { id: 'req_1' } },
      ),
      stream: [
        groq.say({ role: 'assistant', content: 'Paris' }, { x_groq: { id: 'req_1' } }),
        groq.end('stop', { x_groq: { id: 'req_1', usage } }),
      ],
    },
    expected: {
      model: 'llama-3.3-70b-versatile',
      id: 'chatcmpl-gq',
      tokens: plainTokens,
      finish: 'stop',
      output: ['text: Paris'],
    },
    failure: failureOf({ message: 'Failed to call a function', code: 'tool_use_failed' }, 'tool_use_failed'),
  },
  {
    name: 'Gemini',
    baseURL: 'https://generativelanguage.googleapis.com/v1beta/openai',
    provider: 'gcp.gemini',
    particular: 'streamed tool calls have no index; pieces without a name continue the latest call',
    source: 'open-webui/computer#224',
    answer: {
      plain: completion('gem-1', 'gemini-2.5-flash', {
        content: null,
        tool_calls: [call('{"city":"Paris"}')],
      }),
      stream: [
        gemini.say({ role: 'assistant', tool_calls: [call('{"city":')] }),
        gemini.say({ tool_calls: [{ function: { arguments: '"Paris"}' } }] }),
        gemini.end('tool_calls', { usage }),
      ],
    },
    expected: {
      model: 'gemini-2.5-flash',
      id: 'gem-1',
      tokens: plainTokens,
      finish: 'tool_calls',
      output: [WEATHER],
    },
    failure: failureOf({ code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' }, '503'),
  },
  {
    name: 'Mistral',
    baseURL: 'https://api.mistral.ai/v1',
    provider: 'mistral_ai',
    particular: 'content is a list of `thinking` and `text` parts; finish reason `error`',
    source: 'spring-projects/spring-ai#5020, braintrustdata/braintrust-sdk-javascript#1857',
    answer: {
      plain: completion('mi-1', 'magistral-medium-2509', {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'In France.' }] },
          { type: 'text', text: 'Paris' },
        ],
      }),
      stream: [
        mistral.say({ role: 'assistant', content: '' }),
        mistral.say({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'In ' }] }] }),
        mistral.say({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'France.' }] }] }),
        mistral.say({ content: [{ type: 'text', text: 'Par' }] }),
        mistral.say({ content: 'is' }),
        mistral.end('stop', { usage }),
      ],
    },
    expected: {
      model: 'magistral-medium-2509',
      id: 'mi-1',
      tokens: plainTokens,
      finish: 'stop',
      output: ['reasoning: In France.', 'text: Paris'],
    },
    failure: {
      plain: completion('mi-1', 'magistral-medium-2509', { content: '' }, {}, { finish_reason: 'error' }),
      stream: [mistral.say({ content: 'Pa' }), mistral.end('error')],
      type: '_OTHER',
    },
  },
  {
    name: 'DeepSeek',
    baseURL: 'https://api.deepseek.com/v1',
    provider: 'deepseek',
    particular: 'cached input in `prompt_cache_hit_tokens`; reasoning in `reasoning_content`',
    source: 'docs.rs/deepseek-sdk, docs.stigg.io',
    answer: {
      plain: completion(
        'ds-1',
        'deepseek-reasoner',
        { content: 'Paris', reasoning_content: 'France.' },
        { usage: deepseekUsage },
      ),
      stream: [
        deepseek.say({ role: 'assistant', content: null, reasoning_content: 'France.' }, { usage: null }),
        deepseek.say({ content: 'Paris', reasoning_content: null }, { usage: null }),
        deepseek.end('stop', { usage: deepseekUsage }),
      ],
    },
    expected: {
      model: 'deepseek-reasoner',
      id: 'ds-1',
      tokens: { ...plainTokens, cacheRead: 16, reasoning: 5 },
      finish: 'stop',
      output: ['reasoning: France.', 'text: Paris'],
    },
    failure: failureOf(
      { message: 'Insufficient Balance', type: 'unknown_error', code: 'invalid_request_error' },
      'invalid_request_error',
    ),
  },
  {
    name: 'Moonshot',
    baseURL: 'https://api.moonshot.ai/v1',
    provider: 'moonshot_ai',
    particular: 'a stream has its usage in the choice; cached input in `usage.cached_tokens`',
    source: 'earendil-works/pi#2017',
    answer: {
      plain: completion(
        'cmpl-ms',
        'kimi-k2',
        { content: 'Paris' },
        { usage: { ...usage, cached_tokens: 16 } },
      ),
      stream: [
        moonshot.say({ role: 'assistant', content: 'Paris' }),
        moonshot.end('stop', {}, { usage: { ...usage, cached_tokens: 16 } }),
      ],
    },
    expected: {
      model: 'kimi-k2',
      id: 'cmpl-ms',
      tokens: { ...plainTokens, cacheRead: 16 },
      finish: 'stop',
      output: ['text: Paris'],
    },
    failure: failureOf({ message: 'Overloaded', type: 'engine_overloaded_error' }, 'engine_overloaded_error'),
  },
  {
    name: 'vLLM',
    baseURL: 'http://vllm.internal:8000/v1',
    provider: 'openai',
    particular: 'the name of a tool may come with every piece; errors are not nested',
    source: 'NousResearch/hermes-agent#8259',
    answer: {
      plain: completion(
        'chatcmpl-vl',
        'Qwen/Qwen3-8B',
        { content: null, reasoning_content: null, tool_calls: [call('{"city":"Paris"}')] },
        { usage: { ...usage, prompt_tokens_details: null } },
      ),
      stream: [
        vllm.say({ role: 'assistant', content: '' }),
        vllm.say({ tool_calls: [call('', { index: 0 })] }),
        vllm.say({ tool_calls: [call('{"city":', { index: 0 })] }),
        vllm.say({ tool_calls: [call('"Paris"}', { index: 0 })] }),
        vllm.end('tool_calls'),
        vllm.bare({ usage }),
      ],
    },
    expected: {
      model: 'Qwen/Qwen3-8B',
      id: 'chatcmpl-vl',
      tokens: plainTokens,
      finish: 'tool_calls',
      output: [WEATHER],
    },
    failure: {
      plain: { object: 'error', message: 'too long', type: 'BadRequestError', param: null, code: 400 },
      stream: [{ object: 'error', message: 'too long', type: 'BadRequestError', param: null, code: 400 }],
      type: '400',
    },
  },
  {
    name: 'Ollama',
    baseURL: 'http://localhost:11434/v1',
    provider: 'openai',
    particular: 'several tool calls may share the index 0; their ids tell them apart',
    source: 'ollama/ollama, OpenAI compatibility',
    answer: {
      plain: completion('chatcmpl-415', 'qwen3:8b', {
        content: '',
        tool_calls: [call('{"city":"Paris"}'), call('{"city":"Oslo"}', { id: 'call_2' })],
      }),
      stream: [
        ollama.say({ role: 'assistant', content: '', tool_calls: [call('{"city":"Paris"}', { index: 0 })] }),
        ollama.say({
          role: 'assistant',
          content: '',
          tool_calls: [call('{"city":"Oslo"}', { index: 0, id: 'call_2' })],
        }),
        ollama.end('tool_calls'),
        ollama.bare({ usage }),
      ],
    },
    expected: {
      model: 'qwen3:8b',
      id: 'chatcmpl-415',
      tokens: plainTokens,
      finish: 'tool_calls',
      output: [WEATHER, 'tool_call: weather({"city":"Oslo"})'],
    },
    failure: failureOf('llama runner process has terminated', '_OTHER'),
  },
  {
    name: 'LiteLLM',
    baseURL: 'http://litellm.internal:4000',
    provider: 'openai',
    particular: "Anthropic's names of cached input beside OpenAI's",
    source: 'BerriAI/litellm docs/completion/usage',
    answer: {
      plain: completion('chatcmpl-ll', 'claude-sonnet-4-5', { content: 'Paris' }, { usage: litellmUsage }),
      stream: [
        litellm.say({ role: 'assistant', content: 'Paris' }),
        litellm.end('stop'),
        litellm.bare({ usage: litellmUsage }),
      ],
    },
    expected: {
      model: 'claude-sonnet-4-5',
      id: 'chatcmpl-ll',
      tokens: { ...plainTokens, cacheRead: 16 },
      finish: 'stop',
      output: ['text: Paris'],
    },
    failure: failureOf({ message: 'No deployments available', type: 'None', code: '429' }, '429'),
  },
  {
    name: 'Together',
    baseURL: 'https://api.together.xyz/v1',
    provider: 'openai',
    particular: 'the usage comes with the last choice, in a stream as well',
    source: 'mozilla-ai/any-llm#515',
    answer: {
      plain: completion(
        'tg-1',
        'meta-llama/Llama-3.3-70B-Instruct-Turbo',
        { content: 'Paris', tool_calls: [] },
        {},
        { finish_reason: 'eos' },
      ),
      stream: [
        together.say({ role: 'assistant', content: 'Paris' }, { usage: null }),
        together.end('eos', { usage }),
      ],
    },
    expected: {
      model: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
      id: 'tg-1',
      tokens: plainTokens,
      finish: 'eos',
      output: ['text: Paris'],
    },
    failure: failureOf(
      { message: 'Rate limited', type: 'rate_limit', param: null, code: null },
      'rate_limit',
    ),
  },
  {
    name: 'Fireworks',
    baseURL: 'https://api.fireworks.ai/inference/v1',
    provider: 'openai',
    particular: 'the usage comes in a chunk of its own, without choices',
    source: 'Portkey-AI/gateway#1627, langchain-ai/langchain#36977',
    answer: {
      plain: completion('fw-1', 'accounts/fireworks/models/kimi-k2', { content: 'Paris' }),
      stream: [
        fireworks.say({ role: 'assistant', content: 'Paris' }),
        fireworks.end('stop'),
        { ...fireworks.bare({ usage }), choices: undefined },
      ],
    },
    expected: {
      model: 'accounts/fireworks/models/kimi-k2',
      id: 'fw-1',
      tokens: plainTokens,
      finish: 'stop',
      output: ['text: Paris'],
    },
    failure: failureOf({ object: 'error', type: 'server_error', message: 'internal' }, 'server_error'),
  },
  {
    name: 'xAI',
    baseURL: 'https://api.x.ai/v1',
    provider: 'x_ai',
    particular: 'every chunk has the usage so far; reasoning is added to the output, as its total says',
    source: 'docs.cloud.google.com (Grok reasoning), M-Lai-ai/LLM-Provider-reference',
    answer: {
      plain: completion(
        'xa-1',
        'grok-4',
        { content: 'Paris', reasoning_content: 'France.' },
        { usage: xaiUsage },
      ),
      stream: [
        xai.say(
          { role: 'assistant', content: '', reasoning_content: 'France.' },
          { usage: { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 } },
        ),
        xai.say(
          { content: 'Paris' },
          { usage: { prompt_tokens: 20, completion_tokens: 2, total_tokens: 22 } },
        ),
        xai.end('stop', { usage: xaiUsage }),
      ],
    },
    expected: {
      model: 'grok-4',
      id: 'xa-1',
      tokens: { ...plainTokens, cacheRead: 16, reasoning: 5 },
      finish: 'stop',
      output: ['reasoning: France.', 'text: Paris'],
    },
    failure: failureOf('The service is currently unavailable', '_OTHER'),
  },
  {
    name: 'Perplexity',
    baseURL: 'https://api.perplexity.ai',
    provider: 'perplexity',
    particular: '`usage.cost.total_cost` is the price, searches included; every chunk has the usage so far',
    source: 'docs.perplexity.ai, @ai-sdk/perplexity 3.0.1',
    answer: {
      plain: completion('px-1', 'sonar-pro', { content: 'Paris' }, { usage: perplexityUsage, citations: [] }),
      stream: [
        perplexity.say(
          { role: 'assistant', content: 'Par' },
          { usage: { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 } },
        ),
        perplexity.end('stop', { usage: perplexityUsage }, { delta: { content: 'is' } }),
      ],
    },
    expected: {
      model: 'sonar-pro',
      id: 'px-1',
      tokens: plainTokens,
      finish: 'stop',
      output: ['text: Paris'],
      cost: 0.007,
    },
    failure: failureOf({ message: 'Invalid model', type: 'invalid_model', code: 400 }, '400'),
  },
  {
    name: 'Cerebras',
    baseURL: 'https://api.cerebras.ai/v1',
    provider: 'openai',
    particular: 'reasoning in `reasoning`; the usage and its times in the last chunk',
    source: 'inference-docs.cerebras.ai',
    answer: {
      plain: completion(
        'chatcmpl-cb',
        'gpt-oss-120b',
        { content: 'Paris', reasoning: 'France.' },
        { time_info: { total_time: 0.1 } },
      ),
      stream: [
        cerebras.say({ role: 'assistant', reasoning: 'France.' }),
        cerebras.say({ content: 'Paris' }),
        cerebras.end('stop', { usage, time_info: { total_time: 0.1 } }),
      ],
    },
    expected: {
      model: 'gpt-oss-120b',
      id: 'chatcmpl-cb',
      tokens: plainTokens,
      finish: 'stop',
      output: ['reasoning: France.', 'text: Paris'],
    },
    failure: failureOf(
      { message: 'Too many', type: 'too_many_requests_error', code: 'queue_exceeded' },
      'queue_exceeded',
    ),
  },
  {
    name: 'A plain gateway',
    baseURL: 'https://llm.example.com/v1',
    provider: 'openai',
    particular: 'arguments as an object; `usage: {}` after a full one, negative counts; an empty body',
    source: 'BerriAI/litellm#32718, QuantumNous/new-api#4362',
    answer: {
      plain: completion(
        'gw-1',
        'gpt-5',
        { content: null, tool_calls: [call({ city: 'Paris' })] },
        { usage: { ...usage, prompt_tokens_details: { cached_tokens: -1 } } },
      ),
      stream: [
        gateway.say({ role: 'assistant', tool_calls: [call({ city: 'Paris' }, { index: 0 })] }),
        gateway.end('tool_calls'),
        gateway.bare({ usage }),
        gateway.bare({ usage: {} }),
        gateway.bare({ usage: { prompt_tokens: -1, completion_tokens: 0, total_tokens: -1 } }),
      ],
    },
    expected: { model: 'gpt-5', id: 'gw-1', tokens: plainTokens, finish: 'tool_calls', output: [WEATHER] },
    failure: { plain: undefined, stream: [], type: 'invalid_response' },
  },
];
