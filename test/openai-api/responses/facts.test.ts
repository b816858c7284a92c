import { describe, expect, it } from 'vitest';
import { responsesFacts } from '../../../src/openai-api/responses/facts.js';

const response = (...output: unknown[]) => ({ id: 'resp_1', output });

describe('responsesFacts', () => {
  it.each<[what: string, value: unknown, facts: unknown]>([
    ['nothing of what is no response', { error: 'no' }, []],
    [
      'nothing of a plain answer',
      response({ type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }),
      [],
    ],
    [
      'a file search with its results',
      response({
        type: 'file_search_call',
        id: 'fs_1',
        status: 'completed',
        queries: ['refunds', 5],
        results: [
          { file_id: 'file_1', filename: 'a.md', score: 0.5, text: 'one', attributes: {} },
          { file_id: 'file_1', filename: 'a.md', score: 0.25, text: 'two' },
          { file_id: 'file_2' },
        ],
      }),
      [
        {
          type: 'data.access',
          datasource: 'file_search',
          documentIds: ['file_1', 'file_2'],
          metadata: { tool_call_id: 'fs_1', status: 'completed' },
          content: {
            queries: ['refunds'],
            results: [
              { file_id: 'file_1', filename: 'a.md', score: 0.5, text: 'one' },
              { file_id: 'file_1', filename: 'a.md', score: 0.25, text: 'two' },
              { file_id: 'file_2' },
            ],
          },
        },
      ],
    ],
    [
      'a file search whose results were not asked for',
      response({ type: 'file_search_call', id: 'fs_1', queries: ['refunds'], results: null }),
      [
        {
          type: 'data.access',
          datasource: 'file_search',
          documentIds: [],
          metadata: { tool_call_id: 'fs_1' },
          content: { queries: ['refunds'] },
        },
      ],
    ],
    [
      'a web search with its sources',
      response({
        type: 'web_search_call',
        id: 'ws_1',
        status: 'completed',
        action: { type: 'search', query: 'q', sources: [{ type: 'url', url: 'https://a.example/' }, null] },
      }),
      [
        {
          type: 'data.access',
          datasource: 'web_search',
          documentIds: ['https://a.example/'],
          metadata: { tool_call_id: 'ws_1', status: 'completed' },
          content: {
            action: {
              type: 'search',
              query: 'q',
              sources: [{ type: 'url', url: 'https://a.example/' }, null],
            },
          },
        },
      ],
    ],
    [
      'code that was run',
      response({
        type: 'code_interpreter_call',
        id: 'ci_1',
        container_id: 'cntr_1',
        code: '1+1',
        outputs: null,
      }),
      [
        {
          type: 'data.access',
          datasource: 'code_interpreter',
          documentIds: ['cntr_1'],
          metadata: { tool_call_id: 'ci_1' },
          content: { code: '1+1' },
        },
      ],
    ],
    [
      'a refusal',
      response({ type: 'message', content: [{ type: 'refusal', refusal: 'I will not' }] }),
      [
        {
          type: 'policy.decision',
          policyId: 'model_refusal',
          outcome: 'deny',
          rationale: 'the model refused',
          content: { refusal: 'I will not' },
        },
      ],
    ],
    [
      'an answer that was held back',
      { ...response(), incomplete_details: { reason: 'content_filter' } },
      [
        {
          type: 'policy.decision',
          policyId: 'content_filter',
          outcome: 'deny',
          rationale: "the provider's content filter held the answer back",
        },
      ],
    ],
    [
      'nothing of an answer that was too long',
      { ...response(), incomplete_details: { reason: 'max_output_tokens' } },
      [],
    ],
    [
      'nothing of items that are none',
      response(null, 'text', [], { type: 5 }, { type: 'message', content: 'x' }),
      [],
    ],
  ])('reports %s', (_what, value, facts) => {
    expect(responsesFacts(value)).toEqual(facts);
  });
});
