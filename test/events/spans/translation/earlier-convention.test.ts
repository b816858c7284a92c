import { describe, expect, it } from 'vitest';
import { text, translated } from './translated.js';

describe('an earlier convention', () => {
  it('has its attributes renamed', () => {
    expect(
      translated({
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'az.ai.openai',
        'gen_ai.request.model': 'm',
        'gen_ai.usage.prompt_tokens': 1,
        'gen_ai.usage.completion_tokens': 2,
        'gen_ai.usage.cache_read_input_tokens': 3,
        'gen_ai.usage.cache_creation_input_tokens': 4,
        'gen_ai.usage.reasoning_tokens': 5,
        'gen_ai.openai.request.seed': 6,
        'gen_ai.openai.request.service_tier': 'flex',
        'gen_ai.openai.response.service_tier': 'default',
        'gen_ai.openai.response.system_fingerprint': 'fp',
        'gen_ai.openai.api_base': 'https://api.openai.com/v1/',
        'llm.frequency_penalty': 0.1,
        'llm.presence_penalty': 0.2,
      }),
    ).toEqual({
      'gen_ai.provider.name': 'azure.ai.openai',
      'gen_ai.usage.input_tokens': 1,
      'gen_ai.usage.output_tokens': 2,
      'gen_ai.usage.cache_read.input_tokens': 3,
      'gen_ai.usage.cache_write.input_tokens': 4,
      'gen_ai.usage.reasoning.output_tokens': 5,
      'gen_ai.request.seed': 6,
      'openai.request.service_tier': 'flex',
      'openai.response.service_tier': 'default',
      'openai.response.system_fingerprint': 'fp',
      'server.address': 'api.openai.com',
      'gen_ai.request.frequency_penalty': 0.1,
      'gen_ai.request.presence_penalty': 0.2,
    });
  });

  it('does not override attributes with current names', () => {
    expect(
      translated({
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'openai',
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.prompt_tokens': 1,
        'gen_ai.input.messages': '[]',
        'gen_ai.prompt.0.content': 'x',
        'server.address': 'here',
        'gen_ai.openai.api_base': 'https://elsewhere',
      }),
    ).toEqual({ 'gen_ai.provider.name': 'openai' });
  });

  it('has messages in span events, one per event', () => {
    const events = [
      { name: 'gen_ai.system.message', attributes: { content: 'Be brief.' } },
      { name: 'gen_ai.user.message', attributes: { 'gen_ai.event.content': '{"content":"Hi"}' } },
      {
        name: 'gen_ai.assistant.message',
        attributes: {
          'gen_ai.event.content': JSON.stringify({
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }],
          }),
        },
      },
      { name: 'gen_ai.tool.message', attributes: { id: 'c1', content: '3' } },
      {
        name: 'gen_ai.choice',
        attributes: { 'gen_ai.event.content': '{"index":0,"message":{"content":"Three"}}' },
      },
      { name: 'something.else', attributes: { content: 'x' } },
    ].map((event) => ({ ...event, time: [0, 0] as [number, number] }));
    expect(translated({ 'gen_ai.operation.name': 'chat', 'gen_ai.system': 'openai' }, { events })).toEqual({
      'gen_ai.provider.name': 'openai',
      'gen_ai.input.messages': [
        { role: 'system', parts: [text('Be brief.')] },
        { role: 'user', parts: [text('Hi')] },
        { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'add', arguments: { a: 1 } }] },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 3 }] },
      ],
      'gen_ai.output.messages': [{ role: 'assistant', parts: [text('Three')] }],
    });
  });

  it('has messages in span events, all in one event', () => {
    const time: [number, number] = [0, 0];
    const events = [
      {
        name: 'gen_ai.content.prompt',
        time,
        attributes: { 'gen_ai.prompt': '[{"role":"user","content":"Hi"}]' },
      },
      {
        name: 'gen_ai.content.completion',
        time,
        attributes: { 'gen_ai.completion': '[{"content":"Hello"}]' },
      },
    ];
    expect(translated({ 'gen_ai.operation.name': 'chat', 'gen_ai.system': 'openai' }, { events })).toEqual({
      'gen_ai.provider.name': 'openai',
      'gen_ai.input.messages': [{ role: 'user', parts: [text('Hi')] }],
      'gen_ai.output.messages': [{ role: 'assistant', parts: [text('Hello')] }],
    });
  });
});
