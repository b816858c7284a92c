/** Tools that the provider runs itself within a response. */
import type { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Scenario } from '../../examples/model-server/server.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

const ASKS_DOCS: Scenario = {
  id: 'asks-docs',
  steps: [
    {
      reply: {
        items: [
          {
            type: 'mcp_call',
            status: 'completed',
            server_label: 'docs',
            name: 'search',
            arguments: '{"q":"kettle"}',
            output: 'a page',
            error: null,
          },
        ],
        text: 'It is blue.',
      },
    },
  ],
};

const REQUEST = {
  model: 'asks-docs',
  input: 'Which colour has the kettle?',
  tools: [
    {
      type: 'mcp',
      server_label: 'docs',
      server_url: 'https://docs.example/mcp?key=abc',
      authorization: 'Bearer secret',
    },
  ],
} satisfies OpenAI.Responses.ResponseCreateParams;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ scenarios: [ASKS_DOCS] });
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  const events = await harness.events();
  expect(streamViolations(events)).toEqual([]);
  expect(JSON.stringify([harness.spans().map(({ attributes }) => attributes), events])).not.toMatch(
    /key=abc|secret/,
  );
  harness.instrumentation.setConfig({});
  await harness.reset();
});
afterAll(() => harness.stop());

const mcpEvents = async () =>
  (await harness.events())
    .filter(({ type }) => type.startsWith('EVENT_TYPE_MCP_CALL'))
    .map(({ type, status, mcp_call }) => ({ type, status, mcp_call }));

const CALL = {
  server_name: 'docs',
  server_url: 'https://docs.example/mcp',
  operation: 'tools/call',
  method: 'tools/call',
};

const STARTED = {
  type: 'EVENT_TYPE_MCP_CALL_START',
  status: 'EVENT_STATUS_STARTED',
  mcp_call: { ...CALL, request: { name: 'search', arguments: { q: 'kettle' } } },
};

describe('A hosted MCP call', () => {
  it('of a plain response has no duration and ends with the response', async () => {
    harness.instrumentation.setConfig({ captureMessageContent: true });
    await harness.client.responses.create(REQUEST);
    expect(spanTree(harness.spans())).toEqual(['chat asks-docs [CLIENT]', '  tools/call search [CLIENT]']);
    const span = harness.spans().find(({ name }) => name === 'tools/call search');
    expect(span?.attributes).toEqual({
      'openai_agents.span.type': 'server_tool_call',
      'gen_ai.tool.name': 'search',
      'gen_ai.tool.call.id': expect.stringMatching(/^mcp_/),
      'gen_ai.tool.call.arguments': '{"q":"kettle"}',
      'gen_ai.tool.call.result': 'a page',
      'mcp.method.name': 'tools/call',
      'openai_agents.mcp.server.name': 'docs',
      'openai_agents.mcp.server.label': 'docs',
      'openai_agents.hosted': true,
    });
    expect(span?.duration).toEqual([0, 0]);
    expect(await mcpEvents()).toEqual([
      STARTED,
      {
        type: 'EVENT_TYPE_MCP_CALL_END',
        status: 'EVENT_STATUS_COMPLETED',
        mcp_call: { ...CALL, response: { result: 'a page' } },
      },
    ]);
  });

  it('of a stream lasts from its first event to its last', async () => {
    for await (const _event of await harness.client.responses.create({ ...REQUEST, stream: true })) {
      // Reads to the end.
    }
    expect(spanTree(harness.spans())).toEqual(['chat asks-docs [CLIENT]', '  tools/call search [CLIENT]']);
    expect(await mcpEvents()).toEqual([
      STARTED,
      {
        type: 'EVENT_TYPE_MCP_CALL_END',
        status: 'EVENT_STATUS_COMPLETED',
        mcp_call: { ...CALL, response: { result: 'a page' }, execution_time_ms: expect.any(Number) },
      },
    ]);
  });

  it.each([
    ['before its arguments are known', 'response.output_item.added', undefined],
    ['while it runs', 'response.mcp_call_arguments.done', { name: 'search', arguments: { q: 'kettle' } }],
  ])('of a stream that is left %s is cancelled with it', async (_, type, request) => {
    for await (const event of await harness.client.responses.create({ ...REQUEST, stream: true })) {
      if (event.type === type) break;
    }
    expect(spanTree(harness.spans())).toEqual([
      'chat asks-docs [CLIENT] (cancelled)',
      '  tools/call search [CLIENT] (cancelled)',
    ]);
    expect(await mcpEvents()).toEqual([
      {
        ...STARTED,
        mcp_call: { ...CALL, request: request ?? { name: 'search' } },
      },
      {
        type: 'EVENT_TYPE_MCP_CALL_END',
        status: 'EVENT_STATUS_CANCELLED',
        mcp_call: { ...CALL, execution_time_ms: expect.any(Number) },
      },
    ]);
  });

  it('is not looked for if the request has no hosted tool', async () => {
    await harness.client.responses.create({ ...REQUEST, tools: [] });
    expect(spanTree(harness.spans())).toEqual(['chat asks-docs [CLIENT]']);
  });
});
