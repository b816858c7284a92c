import { describe, expect, it } from 'vitest';
import { text, translated } from './translated.js';

describe('OpenLLMetry', () => {
  it.each([
    ['chat', 'chat'],
    ['completion', 'text_completion'],
    ['embedding', 'embeddings'],
  ])('translates the request type %s to the operation %s', (type, operation) => {
    expect(translated({ 'llm.request.type': type })).toEqual({ 'gen_ai.operation.name': operation });
  });

  it('has tool calls with ids in its Python version', () => {
    expect(
      translated({
        'llm.request.type': 'chat',
        'gen_ai.prompt.0.role': 'assistant',
        'gen_ai.prompt.0.tool_calls.0.id': 'c1',
        'gen_ai.prompt.0.tool_calls.0.name': 'add',
        'gen_ai.prompt.0.tool_calls.0.arguments': '{"a":1}',
        'gen_ai.prompt.1.role': 'tool',
        'gen_ai.prompt.1.tool_call_id': 'c1',
        'gen_ai.prompt.1.content': '3',
        'gen_ai.completion.0.content': '[{"not":"a part"}]',
        'gen_ai.completion.0.function_call.name': 'old',
        'gen_ai.completion.0.function_call.arguments': 'not json',
      }),
    ).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.input.messages': [
        { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'add', arguments: { a: 1 } }] },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 3 }] },
      ],
      'gen_ai.output.messages': [
        {
          role: 'assistant',
          parts: [text('[{"not":"a part"}]'), { type: 'tool_call', name: 'old', arguments: 'not json' }],
        },
      ],
    });
  });

  it('has the functions of a request', () => {
    expect(
      translated({
        'llm.request.type': 'chat',
        'llm.request.functions.0.name': 'add',
        'llm.request.functions.0.parameters': 'x',
        'llm.request.functions.0.arguments': '{"type":"object"}',
      })['gen_ai.tool.definitions'],
    ).toEqual([{ type: 'function', name: 'add', parameters: { type: 'object' } }]);
  });

  it.each([
    ['the only argument', '{"args":["Hi"],"kwargs":{}}', '"Hi"'],
    ['named arguments', '{"args":[],"kwargs":{"q":1}}', '{"q":1}'],
    ['several', '{"args":[1,2],"kwargs":{}}', '[1,2]'],
    ['both kinds', '{"args":[1],"kwargs":{"q":2}}', '{"args":[1],"kwargs":{"q":2}}'],
    ['another object', '{"inputs":{"q":1}}', '{"inputs":{"q":1}}'],
    ['no JSON', 'plain', '"plain"'],
  ])('has the arguments of a tool: %s', (_what, input, args) => {
    expect(
      translated({
        'traceloop.span.kind': 'tool',
        'traceloop.entity.name': 'add',
        'traceloop.entity.input': input,
        'traceloop.association.properties.session_id': 's1',
      }),
    ).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'add',
      'gen_ai.tool.call.arguments': args,
      'session.id': 's1',
    });
  });
});
