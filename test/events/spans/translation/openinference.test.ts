/** Cases that the recorded spans do not cover. */
import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { translateSpan } from '../../../../src/events/spans/translation/translate-span.js';
import { blob } from '../../../harness/blob.js';
import { plainSpan } from '../../plain-span.js';
import { text, translated } from './translated.js';

const PARENT = { parentSpanContext: { traceId: 't', spanId: 'p', traceFlags: 1 } };

describe('OpenInference', () => {
  it('has the models of request and response, the provider and the usage', () => {
    expect(
      translated({
        'openinference.span.kind': 'LLM',
        'llm.provider': 'azure',
        'llm.system': 'openai',
        'llm.request.model_name': 'my-deployment',
        'llm.response.model_name': 'gpt-5-2025-08-07',
        'llm.invocation_parameters': JSON.stringify({
          max_tokens: 10,
          frequency_penalty: 0.1,
          presence_penalty: 0.2,
          seed: 7,
          n: 2,
          stop: 'END',
          service_tier: 'flex',
          temperature: 'hot',
        }),
        'llm.token_count.prompt': 100,
        'llm.token_count.completion': 50,
        'llm.token_count.prompt_details.cache_read': 40,
        'llm.token_count.prompt_details.cache_write': 5,
        'llm.token_count.prompt_details.audio': 3,
        'llm.token_count.completion_details.reasoning': 20,
        'llm.token_count.completion_details.audio': 2,
        'session.id': 's1',
      }),
    ).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'azure.ai.openai',
      'gen_ai.request.model': 'my-deployment',
      'gen_ai.response.model': 'gpt-5-2025-08-07',
      'gen_ai.request.max_tokens': 10,
      'gen_ai.request.frequency_penalty': 0.1,
      'gen_ai.request.presence_penalty': 0.2,
      'gen_ai.request.seed': 7,
      'gen_ai.request.choice.count': 2,
      'gen_ai.request.stop_sequences': ['END'],
      'openai.request.service_tier': 'flex',
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 50,
      'gen_ai.usage.cache_read.input_tokens': 40,
      'gen_ai.usage.cache_write.input_tokens': 5,
      'gen_ai.usage.audio.input_tokens': 3,
      'gen_ai.usage.reasoning.output_tokens': 20,
      'gen_ai.usage.audio.output_tokens': 2,
    });
  });

  it.each([
    ['the only name is that of the request', { 'llm.model_name': 'm' }, ['m', undefined]],
    [
      'the same name is in the request',
      { 'llm.model_name': 'm', 'llm.invocation_parameters': '{"model":"m"}' },
      ['m', undefined],
    ],
    [
      'another name than in the request is that of the answer',
      { 'llm.model_name': 'm-2026-01-01', 'llm.invocation_parameters': '{"model":"m"}' },
      ['m', 'm-2026-01-01'],
    ],
  ])('%s', (_what, attributes, models) => {
    const { attributes: found } = translateSpan(
      plainSpan({ 'openinference.span.kind': 'LLM', ...attributes }),
    );
    expect([found['gen_ai.request.model'], found['gen_ai.response.model']]).toEqual(models);
  });

  it('has messages in order, with gaps, names, pictures and legacy function calls', () => {
    const message = (index: number, rest: Attributes) =>
      Object.fromEntries(
        Object.entries(rest).map(([name, value]) => [`llm.input_messages.${index}.message.${name}`, value]),
      );
    expect(
      translated({
        'openinference.span.kind': 'LLM',
        ...message(10, { role: 'function', name: 'add', content: '3' }),
        ...message(2, {
          role: 'assistant',
          function_call_name: 'add',
          function_call_arguments_json: '{"a":1}',
        }),
        ...message(0, {
          role: 'user',
          name: 'ann',
          'contents.0.message_content.type': 'image',
          'contents.0.message_content.image.image.url': 'data:image/png;base64,aGk=',
          'contents.1.message_content.type': 'audio',
        }),
        'llm.output_messages.0.message.content': 'Three',
        'llm.tools.0.tool.json_schema': '{"type":"function"}',
      }),
    ).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.input.messages': [
        {
          role: 'user',
          name: 'ann',
          parts: [blob('image', 'aGk=', 'image/png'), { type: 'audio' }],
        },
        { role: 'assistant', parts: [{ type: 'tool_call', name: 'add', arguments: { a: 1 } }] },
        { role: 'function', name: 'add', parts: [text('3')] },
      ],
      'gen_ai.output.messages': [{ role: 'assistant', parts: [text('Three')] }],
      'gen_ai.tool.definitions': [{ type: 'function' }],
    });
  });

  it('has the query and the documents of a retriever', () => {
    expect(
      translated({
        'openinference.span.kind': 'RETRIEVER',
        'input.value': 'census',
        'retrieval.documents.0.document.id': 'd1',
        'retrieval.documents.0.document.score': 0.9,
        'retrieval.documents.1.document.content': 'without an id',
      }),
    ).toEqual({
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.retrieval.query.text': 'census',
      'gen_ai.retrieval.documents': [{ id: 'd1', score: 0.9 }],
    });
  });

  it('has the name of a tool', () => {
    expect(
      translated({
        'openinference.span.kind': 'TOOL',
        'tool.name': 'add',
        'tool.description': 'Adds',
        'tool_call.id': 'c1',
        'input.value': '{"a":1}',
        'output.value': '3',
      }),
    ).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'add',
      'gen_ai.tool.description': 'Adds',
      'gen_ai.tool.call.id': 'c1',
      'gen_ai.tool.call.arguments': '{"a":1}',
      'gen_ai.tool.call.result': '3',
    });
  });

  it('has a workflow for a chain without a parent, and none for a chain with a parent', () => {
    const chain = { 'openinference.span.kind': 'CHAIN' };
    expect(translated(chain, { name: 'RunnableSequence' })).toEqual({
      'gen_ai.operation.name': 'invoke_workflow',
      'gen_ai.workflow.name': 'RunnableSequence',
    });
    expect(translated(chain, PARENT)).toEqual({});
  });
});
