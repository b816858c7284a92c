import { describe, expect, it } from 'vitest';
import type { HostedStep, HostedToolCall } from '../../../src/openai-api/hosted-tool-call.js';
import { hostedCalls } from '../../../src/openai-api/responses/hosted-tool-calls.js';

const MCP_CALL = { type: 'mcp_call', id: 'mcp_1', server_label: 'docs', name: 'search' };

describe('The request decides whether calls are expected', () => {
  it.each<[string, Record<string, unknown>, boolean]>([
    ['with an MCP server', { tools: [{ type: 'function' }, { type: 'mcp' }] }, true],
    ['with images', { tools: [{ type: 'image_generation' }] }, true],
    ['with a prompt that is kept at the provider', { prompt: { id: 'pmpt_1' } }, true],
    ['not with other tools', { tools: [{ type: 'function' }, { type: 'file_search' }] }, false],
    ['not with odd ones', { tools: [null, 'mcp', 7] }, false],
    ['not without any', {}, false],
  ])('%s', (_, request, expected) => {
    expect(hostedCalls.expects(request)).toBe(expected);
  });
});

it('The addresses of servers are those of the request, without credentials and query', () => {
  const tools = [
    { type: 'mcp', server_label: 'docs', server_url: 'https://user:word@docs.example/mcp?key=abc' },
    { type: 'mcp', server_label: 'mail', connector_id: 'connector_gmail' },
    { type: 'mcp', server_label: 'odd', server_url: 'not an address' },
    null,
  ];
  expect([...hostedCalls.serverUrls({ tools })]).toEqual([['docs', 'https://docs.example/mcp']]);
});

describe('The calls of a response', () => {
  it.each<[string, unknown, readonly HostedToolCall[]]>([
    [
      'a call of an MCP tool',
      { ...MCP_CALL, arguments: '{"q":"x"}', output: '{"pages":1}', error: null },
      [
        {
          id: 'mcp_1',
          mcp: { method: 'tools/call', server: 'docs' },
          toolName: 'search',
          arguments: { q: 'x' },
          result: { pages: 1 },
          failure: undefined,
        },
      ],
    ],
    [
      'one that failed in the words of the tool, which are its result',
      { ...MCP_CALL, arguments: '', output: null, error: 'no such page' },
      [
        {
          id: 'mcp_1',
          mcp: { method: 'tools/call', server: 'docs' },
          toolName: 'search',
          arguments: undefined,
          result: { error: 'no such page' },
          failure: { type: 'tool_error', message: 'the tool failed', plainMessage: 'the tool failed' },
        },
      ],
    ],
    [
      'one that failed in the words of the provider',
      { ...MCP_CALL, error: { type: 'http_error', code: 502, message: 'Bad gateway' } },
      [
        {
          id: 'mcp_1',
          mcp: { method: 'tools/call', server: 'docs' },
          toolName: 'search',
          arguments: undefined,
          result: { error: { type: 'http_error', code: 502, message: 'Bad gateway' } },
          failure: { type: 'http_error', message: 'Bad gateway', plainMessage: 'the tool failed' },
        },
      ],
    ],
    [
      'the list of tools of an MCP server',
      { type: 'mcp_list_tools', id: 'mcpl_1', server_label: 'docs', tools: [{ name: 'search' }] },
      [
        {
          id: 'mcpl_1',
          mcp: { method: 'tools/list', server: 'docs' },
          toolName: undefined,
          result: { tools: [{ name: 'search' }] },
          failure: undefined,
        },
      ],
    ],
    [
      'a list that could not be had',
      { type: 'mcp_list_tools', id: 'mcpl_1', server_label: 'docs', tools: [], error: 'gone' },
      [
        {
          id: 'mcpl_1',
          mcp: { method: 'tools/list', server: 'docs' },
          toolName: undefined,
          result: undefined,
          failure: { type: 'tool_error', message: 'the tool failed', plainMessage: 'the tool failed' },
        },
      ],
    ],
    [
      'an image, without the picture',
      {
        type: 'image_generation_call',
        id: 'ig_1',
        status: 'completed',
        result: 'iVBORw0KGgo=',
        size: '1024x1024',
        revised_prompt: 'a kettle',
      },
      [
        {
          id: 'ig_1',
          toolName: 'image_generation',
          arguments: { size: '1024x1024', revised_prompt: 'a kettle' },
          result: { type: 'blob', modality: 'image', content: 'iVBORw0KGgo=' },
          failure: undefined,
        },
      ],
    ],
    [
      'an image that could not be drawn',
      { type: 'image_generation_call', id: 'ig_1', status: 'failed', result: null },
      [
        {
          id: 'ig_1',
          toolName: 'image_generation',
          arguments: undefined,
          result: undefined,
          failure: { type: 'tool_error', message: 'the tool failed', plainMessage: 'the tool failed' },
        },
      ],
    ],
    ['none of what only looks at stored data', { type: 'file_search_call', id: 'fs_1' }, []],
    ['none of what is no item', 'mcp_call', []],
  ])('%s', (_, item, expected) => {
    expect(hostedCalls.ofResponse({ output: [item] })).toEqual(expected);
  });

  it.each([undefined, null, 'text', {}, { output: 'text' }])('are empty for %j', (value) => {
    expect(hostedCalls.ofResponse(value)).toEqual([]);
  });
});

describe('The step of a chunk', () => {
  const announced = { ...MCP_CALL, arguments: '', output: null };
  const call = {
    id: 'mcp_1',
    mcp: { method: 'tools/call', server: 'docs' },
    toolName: 'search',
    arguments: undefined,
    result: undefined,
    failure: undefined,
  };

  it.each<[string, unknown, HostedStep | undefined]>([
    [
      'that a call is announced',
      { type: 'response.output_item.added', output_index: 2, item: announced },
      { index: 2, step: 'announced', call },
    ],
    [
      'what it is called with',
      { type: 'response.mcp_call_arguments.done', output_index: 2, arguments: '{"q":1}' },
      { index: 2, step: 'written', arguments: { q: 1 } },
    ],
    [
      'that it is over',
      { type: 'response.output_item.done', output_index: 2, item: { ...announced, output: 'a page' } },
      { index: 2, step: 'ended', call: { ...call, result: 'a page' } },
    ],
    [
      'nothing of other items',
      { type: 'response.output_item.added', output_index: 0, item: { type: 'message' } },
      undefined,
    ],
    ['nothing of its progress', { type: 'response.mcp_call.in_progress', output_index: 2 }, undefined],
    ['nothing without a place', { type: 'response.output_item.done', item: announced }, undefined],
    ['nothing of a text', 'response.output_item.done', undefined],
  ])('%s', (_, chunk, expected) => {
    expect(hostedCalls.ofChunk(chunk)).toEqual(expected);
  });
});
