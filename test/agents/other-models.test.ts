/**
 * Models that are not OpenAI's. Public sources: promptfoo#10364 and openai-agents-js#99 (no tokens of other vendors'
 * models), openai-agents-python#1327 and dd-trace-js#8044 (models without a span).
 */
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ChaukasEvent, withSession } from '../../src/index.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ instrumentation: { captureMessageContent: true } });
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  expect(streamViolations(await harness.events())).toEqual([]);
  expect(harness.processor.stats().errors).toBe(0);
  await harness.reset();
});
afterAll(() => harness.stop());

const text = (value: string) => ({
  type: 'message' as const,
  role: 'assistant' as const,
  status: 'completed' as const,
  content: [{ type: 'output_text' as const, text: value }],
});

const counted = () => new agents.Usage({ inputTokens: 21, outputTokens: 9, totalTokens: 30 });

type SpanData = Record<string, unknown>;

/** A model of the application whose calls are `generation` spans with this data. */
function generating(data: SpanData, fail?: () => never): agents.Model {
  return {
    async getResponse() {
      return agents.withGenerationSpan(async (span) => {
        Object.assign(span.spanData, data);
        fail?.();
        return { usage: counted(), output: [text('hello')], responseId: 'msg_01' };
      });
    },
    async *getStreamedResponse() {
      const span = agents.createGenerationSpan();
      span.start();
      agents.setCurrentSpan(span);
      try {
        Object.assign(span.spanData, { model: data.model, model_config: data.model_config });
        fail?.();
        for (const delta of ['hel', 'lo', '!']) yield { type: 'output_text_delta' as const, delta };
        Object.assign(span.spanData, data);
        const usage = { inputTokens: 21, outputTokens: 9, totalTokens: 30 };
        yield { type: 'response_done' as const, response: { id: 'r', usage, output: [text('hello')] } };
      } finally {
        span.end();
        agents.resetCurrentSpan();
      }
    },
  };
}

const of = (model: agents.Model) => new agents.Agent({ name: 'A', model });

async function streamed(model: agents.Model, stop?: number): Promise<void> {
  const result = await agents.run(of(model), 'hi', { stream: true });
  let seen = 0;
  for await (const _event of result) {
    seen += 1;
    if (seen === stop) break;
  }
  await result.completed.catch(() => undefined);
}

const chat = () => harness.spans().find(({ name }) => name.startsWith('chat'));
const spanNamed = (name: string) => harness.spans().find((span) => span.name === name);
const ofType = (events: readonly ChaukasEvent[], type: string) =>
  events.filter((event) => event.type === `EVENT_TYPE_${type}`);

const USAGES: Readonly<Record<string, unknown>> = {
  'details beside the counts': {
    input_tokens: 21,
    output_tokens: 9,
    input_tokens_details: { cached_tokens: 3 },
    output_tokens_details: { reasoning_tokens: 2 },
  },
  'details of the SDK': {
    input_tokens: 21,
    output_tokens: 9,
    details: { cached_tokens: 3, reasoning_tokens: 2 },
  },
  'details as a list': {
    input_tokens: 21,
    output_tokens: 9,
    input_tokens_details: [{ cached_tokens: 3 }],
    output_tokens_details: [{ reasoning_tokens: 2 }],
  },
  'names of the chat API': {
    prompt_tokens: 21,
    completion_tokens: 9,
    prompt_tokens_details: { cached_tokens: 3 },
    completion_tokens_details: { reasoning_tokens: 2 },
  },
};

const MODELS: readonly (readonly [
  data: SpanData,
  provider: string | undefined,
  model: string | undefined,
])[] = [
  [
    { model: 'anthropic.messages:claude-sonnet-4-5', model_config: { provider: 'anthropic.messages' } },
    'anthropic',
    'claude-sonnet-4-5',
  ],
  [
    { model: 'google.vertex.chat:gemini-3', model_config: { provider: 'google.vertex.chat' } },
    'gcp.vertex_ai',
    'gemini-3',
  ],
  [{ model: 'mistral:mistral-large' }, 'mistral_ai', 'mistral-large'],
  [{ model: 'acme', model_config: { provider: 'acme.gateway' } }, 'acme.gateway', 'acme'],
  [{ model: 'llama3:8b' }, undefined, 'llama3:8b'],
  [{ model: 'ft:gpt-4o:org' }, undefined, 'ft:gpt-4o:org'],
  [{ model: 'gpt-x', model_config: { base_url: 'https://api.openai.com/v1' } }, 'openai', 'gpt-x'],
  [{}, undefined, undefined],
];

describe('A generation span that no client fulfils', () => {
  it.each(MODELS)('has the provider and the model that %j says', async (data, provider, model) => {
    await agents.run(of(generating(data)), 'hi');
    expect(chat()?.attributes['gen_ai.provider.name']).toBe(provider);
    expect(chat()?.attributes['gen_ai.request.model']).toBe(model);
    expect(chat()?.name).toBe(model === undefined ? 'chat' : `chat ${model}`);
  });

  describe.each([false, true])('(streamed: %s)', (stream) => {
    const play = (model: agents.Model) => (stream ? streamed(model) : agents.run(of(model), 'hi'));

    it.each(Object.entries(USAGES))('has its tokens: %s', async (_name, usage) => {
      const data = { model: 'anthropic:claude-sonnet-4-5', output: [text('hello')], usage };
      await withSession({ name: 's' }, () => play(generating(data)));
      expect(chat()?.attributes).toMatchObject({
        'gen_ai.usage.input_tokens': 21,
        'gen_ai.usage.output_tokens': 9,
        'gen_ai.usage.cache_read.input_tokens': 3,
        'gen_ai.usage.reasoning.output_tokens': 2,
      });
      expect(spanNamed('invoke_agent A')?.attributes['gen_ai.usage.input_tokens']).toBe(21);
      const events = await harness.events();
      const [end] = ofType(events, 'MODEL_INVOCATION_END');
      expect(end?.llm_invocation).toMatchObject({
        prompt_tokens: 21,
        completion_tokens: 9,
        provider: 'anthropic',
      });
      expect(end?.cost).toBeDefined();
      expect(ofType(events, 'SESSION_END')[0]?.metadata).toMatchObject({ total_tokens: 30 });
    });
  });

  it('has the conversation, in the words of the AI SDK', async () => {
    const input = [
      { role: 'system', content: 'be kind' },
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      {
        role: 'assistant',
        content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 't', input: { a: 1 } }],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'c1', toolName: 't', output: { type: 'text', value: 'x' } },
        ],
      },
    ];
    const call = {
      type: 'function_call',
      callId: 'c2',
      name: 't',
      arguments: '{"b":2}',
      status: 'completed',
    };
    await agents.run(of(generating({ model: 'm', input, output: [text('hello'), call] })), 'hi');
    const json = (name: string) => JSON.parse(String(chat()?.attributes[name]));
    expect(json('gen_ai.system_instructions')).toEqual([{ type: 'text', content: 'be kind' }]);
    expect(json('gen_ai.input.messages')).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'hi' }] },
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 't', arguments: { a: 1 } }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'x' }] },
    ]);
    expect(json('gen_ai.output.messages')).toMatchObject([
      {
        role: 'assistant',
        parts: [
          { type: 'text', content: 'hello' },
          { type: 'tool_call', id: 'c2', name: 't', arguments: { b: 2 } },
        ],
        finish_reason: 'tool_call',
      },
    ]);
    const events = await harness.events();
    expect(JSON.stringify(ofType(events, 'MODEL_INVOCATION_START'))).toContain('be kind');
    expect(JSON.stringify(ofType(events, 'MODEL_INVOCATION_END'))).toContain('hello');
  });

  it('has no content in a run without sensitive data', async () => {
    const data = { model: 'm', input: [{ role: 'user', content: 'hi' }], output: [text('hello')] };
    await new agents.Runner({ traceIncludeSensitiveData: false }).run(of(generating(data)), 'hi');
    expect(Object.keys(chat()?.attributes ?? {}).filter((name) => name.includes('messages'))).toEqual([]);
  });

  it('is cancelled if its stream is left', async () => {
    await streamed(generating({ model: 'm', usage: { input_tokens: 1, output_tokens: 1 } }), 2);
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow A [INTERNAL] (cancelled)',
      '  invoke_agent A [INTERNAL] (cancelled)',
      '    chat m [CLIENT] (cancelled)',
    ]);
  });

  it('is cancelled if it is aborted, and failed if it fails', async () => {
    const abort = new DOMException('This operation was aborted', 'AbortError');
    const aborting = generating({ model: 'm' }, () => {
      throw abort;
    });
    const controller = new AbortController();
    controller.abort(abort);
    await expect(agents.run(of(aborting), 'hi', { signal: controller.signal })).rejects.toBe(abort);
    expect(spanTree(harness.spans()).at(-1)).toBe('    chat m [CLIENT] (cancelled)');
    const failing = generating({ model: 'm' }, () => {
      throw new TypeError('broke');
    });
    await expect(agents.run(of(failing), 'hi')).rejects.toThrow('broke');
    expect(spanTree(harness.spans()).at(-1)).toContain('    chat m [CLIENT] ✗');
  });
});

/** A model of the application that makes no span. */
class OwnModel implements agents.Model {
  constructor(readonly act: () => unknown = () => undefined) {}

  async getResponse() {
    await this.act();
    return { usage: counted(), output: [text('hello')], responseId: 'r1' };
  }

  async *getStreamedResponse() {
    await this.act();
    const usage = { inputTokens: 21, outputTokens: 9, totalTokens: 30 };
    for (const delta of ['hel', 'lo', '!']) yield { type: 'output_text_delta' as const, delta };
    yield { type: 'response_done' as const, response: { id: 'r1', usage, output: [text('hello')] } };
  }
}

const literal = (): agents.Model => {
  const model = new OwnModel();
  return Object.freeze({
    getResponse: () => model.getResponse(),
    getStreamedResponse: () => model.getStreamedResponse(),
  });
};

/** The members of a model and of its class, with their values. */
const membersOf = (model: object) =>
  [model, Object.getPrototypeOf(model)].map((owner) =>
    Object.entries(Object.getOwnPropertyDescriptors(owner)),
  );

describe('A model of the application without a span of its own', () => {
  const makes: Readonly<Record<string, () => agents.Model>> = {
    'an instance of a class': () => new OwnModel(),
    'a frozen object': literal,
  };

  describe.each(Object.entries(makes))('(%s)', (_name, make) => {
    it.each([false, true])(
      'is one span and one pair of events with its tokens (streamed: %s)',
      async (stream) => {
        const model = make();
        const members = membersOf(model);
        await withSession({ name: 's' }, () => (stream ? streamed(model) : agents.run(of(model), 'hi')));
        expect(spanTree(harness.spans())).toEqual([
          'session s [INTERNAL]',
          '  invoke_workflow A [INTERNAL]',
          '    invoke_agent A [INTERNAL]',
          '      chat [CLIENT]',
        ]);
        expect(chat()?.attributes).toMatchObject({
          'gen_ai.usage.input_tokens': 21,
          'gen_ai.usage.output_tokens': 9,
          'gen_ai.response.id': 'r1',
        });
        expect(chat()?.attributes['gen_ai.provider.name']).toBeUndefined();
        expect(chat()?.attributes['gen_ai.output.messages']).toContain('hello');
        expect(spanNamed('invoke_agent A')?.attributes['gen_ai.usage.output_tokens']).toBe(9);
        const events = await harness.events();
        expect(ofType(events, 'MODEL_INVOCATION_START')).toHaveLength(1);
        expect(ofType(events, 'MODEL_INVOCATION_END').map((event) => event.llm_invocation)).toMatchObject([
          { prompt_tokens: 21, completion_tokens: 9, total_tokens: 30 },
        ]);
        expect(ofType(events, 'SESSION_END')[0]?.metadata).toMatchObject({ total_tokens: 30 });
        expect(membersOf(model)).toEqual(members);
      },
    );
  });

  it('has the name and the provider that the agent gives it', async () => {
    const modelProvider = { getModel: () => new OwnModel() };
    const agent = new agents.Agent({ name: 'A', model: 'anthropic:claude-sonnet-4-5' });
    await new agents.Runner({ modelProvider }).run(agent, 'hi');
    expect(chat()?.name).toBe('chat claude-sonnet-4-5');
    expect(chat()?.attributes['gen_ai.provider.name']).toBe('anthropic');
  });

  it('is one span for each turn', async () => {
    let turn = 0;
    const model = new OwnModel();
    const call = { type: 'function_call' as const, callId: 'c1', name: 't', arguments: '{"q":""}' };
    model.getResponse = async () => {
      turn += 1;
      const output = turn === 1 ? [{ ...call, status: 'completed' as const }] : [text('hello')];
      return { usage: counted(), output: output as never, responseId: 'r' };
    };
    const tool = agents.tool({
      name: 't',
      description: 't',
      parameters: z.object({ q: z.string() }),
      execute: async () => 'x',
    });
    await agents.run(new agents.Agent({ name: 'A', model, tools: [tool] }), 'hi');
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow A [INTERNAL]',
      '  invoke_agent A [INTERNAL]',
      '    chat [CLIENT]',
      '    execute_tool t [INTERNAL]',
      '    chat [CLIENT]',
    ]);
    expect(spanNamed('invoke_agent A')?.attributes['gen_ai.usage.input_tokens']).toBe(42);
  });

  it.each([false, true])('is the call of the client that it makes (streamed: %s)', async (stream) => {
    const model = new OwnModel(() => harness.client.responses.create({ model: 'plain', input: 'x' }));
    await (stream ? streamed(model) : agents.run(of(model), 'hi'));
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow A [INTERNAL]',
      '  invoke_agent A [INTERNAL]',
      '    chat plain [CLIENT]',
    ]);
    const { attributes } = chat() ?? {};
    expect(spanNamed('invoke_agent A')?.attributes['gen_ai.usage.input_tokens']).toBe(
      attributes?.['gen_ai.usage.input_tokens'],
    );
    expect(ofType(await harness.events(), 'MODEL_INVOCATION_END')).toHaveLength(1);
  });

  it.each([false, true])('fails with an ERROR event if it fails (streamed: %s)', async (stream) => {
    const model = new OwnModel(() => Promise.reject(new TypeError('broke')));
    await (stream ? streamed(model) : agents.run(of(model), 'hi')).catch(() => undefined);
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow A [INTERNAL] ✗ TypeError',
      '  invoke_agent A [INTERNAL] ✗ TypeError',
      '    chat [CLIENT] ✗ TypeError',
    ]);
    expect(ofType(await harness.events(), 'MODEL_INVOCATION_END')[0]?.status).toBe('EVENT_STATUS_FAILED');
  });

  it('is cancelled if its run is aborted or its stream is left', async () => {
    const controller = new AbortController();
    const aborting = new OwnModel(() => {
      controller.abort();
      controller.signal.throwIfAborted();
    });
    await agents.run(of(aborting), 'hi', { signal: controller.signal }).catch(() => undefined);
    await streamed(new OwnModel(), 2);
    expect(spanTree(harness.spans())).toEqual(
      Array.from({ length: 2 }, () => [
        'invoke_workflow A [INTERNAL] (cancelled)',
        '  invoke_agent A [INTERNAL] (cancelled)',
        '    chat [CLIENT] (cancelled)',
      ]).flat(),
    );
  });

  it('has no span if a guardrail stops the run before it is called', async () => {
    const guardrail = {
      name: 'no',
      runInParallel: false,
      execute: async () => ({ tripwireTriggered: true, outputInfo: {} }),
    };
    const agent = new agents.Agent({ name: 'A', model: new OwnModel(), inputGuardrails: [guardrail] });
    await agents.run(agent, 'hi').catch(() => undefined);
    expect(chat()).toBeUndefined();
  });
});
