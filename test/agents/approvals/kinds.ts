/** Tools of each kind that may need an approval, and a model server that asks for their calls. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as agents from '@openai/agents';
import * as openai from 'openai';
import { z } from 'zod';
import type { Harness } from '../../harness/telemetry.js';
import { idleComputer } from '../idle-computer.js';

type Item = Readonly<Record<string, unknown>>;

export interface Kind {
  readonly name: string;
  /** Makes a tool that needs an approval. */
  readonly tool: () => agents.Tool;
  /** The item by which the model asks for the call with this id. */
  readonly ask: (id: string) => Item;
  /** The item in which the provider reports an approved call, if it makes the call itself. */
  readonly made?: (id: string) => Item;
}

export const computer = idleComputer(async () => 'aGk=');

const hosted = (id: string) => ({ server_label: 'crm', name: 'delete', arguments: `{"customer":"${id}"}` });

export const KINDS: readonly Kind[] = [
  {
    name: 'function',
    tool: () =>
      agents.tool({
        name: 'pay',
        description: 'pays',
        parameters: z.object({ eur: z.number() }),
        needsApproval: true,
        execute: () => 'paid',
      }),
    ask: (id) => functionCall(id, 'pay', { eur: 5 }),
  },
  {
    name: 'agent as a tool',
    tool: () =>
      new agents.Agent({ name: 'Helper', model: 'helper' }).asTool({
        toolName: 'help',
        toolDescription: 'helps',
        needsApproval: true,
      }),
    ask: (id) => functionCall(id, 'help', { input: 'q' }),
  },
  {
    name: 'shell',
    tool: () => agents.shellTool({ shell: { run: async () => ({ output: [] }) }, needsApproval: true }),
    ask: (id) => ({
      type: 'shell_call',
      ...ids(id),
      status: 'completed',
      action: { commands: ['rm -rf /'] },
    }),
  },
  {
    name: 'patch',
    tool: () => {
      const done = async () => ({ status: 'completed' as const });
      const editor = { createFile: done, updateFile: done, deleteFile: done };
      return agents.applyPatchTool({ editor, needsApproval: true });
    },
    ask: (id) => ({
      type: 'apply_patch_call',
      ...ids(id),
      status: 'completed',
      operation: { type: 'delete_file', path: 'a.txt' },
    }),
  },
  {
    name: 'computer',
    tool: () => agents.computerTool({ computer, needsApproval: true }),
    ask: (id) => ({
      type: 'computer_call',
      ...ids(id),
      status: 'completed',
      action: { type: 'screenshot' },
      pending_safety_checks: [],
    }),
  },
  {
    name: 'hosted MCP',
    tool: () =>
      agents.hostedMcpTool({
        serverLabel: 'crm',
        serverUrl: 'https://crm.example/mcp',
        requireApproval: 'always',
      }),
    ask: (id) => ({ type: 'mcp_approval_request', id, ...hosted(id) }),
    made: (id) => ({
      type: 'mcp_call',
      id: `made-${id}`,
      ...hosted(id),
      output: 'gone',
      error: null,
      status: 'completed',
      approval_request_id: id,
    }),
  },
];

const ids = (id: string) => ({ id: `item-${id}`, call_id: id });

export function functionCall(id: string, name: string, args: object): Item {
  return { type: 'function_call', ...ids(id), name, arguments: JSON.stringify(args), status: 'completed' };
}

export function text(value: string): Item {
  const content = [{ type: 'output_text', text: value, annotations: [], logprobs: [] }];
  return { type: 'message', id: `msg-${value}`, role: 'assistant', status: 'completed', content };
}

export interface ScriptedServer {
  /** The outputs of the next answers; after them each answer is a text. An agent that is a tool answers in between. */
  script(...turns: readonly (readonly Item[])[]): void;
  close(): void;
}

/** Starts a server of the Responses API, and makes it that of all runs. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  let turns: (readonly Item[])[] = [];
  let count = 0;
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { model } = JSON.parse(Buffer.concat(chunks).toString()) as { model: string };
    const output = model === 'helper' ? [text('helped')] : (turns.shift() ?? [text('done')]);
    count += 1;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        id: `resp_${count}`,
        object: 'response',
        created_at: 1,
        status: 'completed',
        error: null,
        model,
        output,
        usage: {
          input_tokens: 11,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: 7,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: 18,
        },
      }),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  agents.setDefaultOpenAIClient(
    new openai.OpenAI({ apiKey: 'sk-local', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 }),
  );
  return {
    script: (...next) => {
      turns = [...next];
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Runs something as in a process without the instrumentation. */
export async function uninstrumented<T>(
  { instrumentation }: Pick<Harness, 'instrumentation'>,
  action: () => Promise<T>,
): Promise<T> {
  instrumentation.disable();
  try {
    return await action();
  } finally {
    instrumentation.enable();
    instrumentation.manuallyInstrument({ openai, agents });
  }
}
