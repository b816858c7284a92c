/**
 * Calls of tools that the provider runs itself, and that are more than a look at stored data: those of MCP servers
 * that it talks to, and images that are drawn. This process sees neither the tool nor the server, only their items.
 */
import { type JsonObject, type JsonValue, parseJson, toJsonValue } from '../../../foreign/json.js';
import {
  asArray,
  asInteger,
  asRecord,
  asText,
  type ForeignRecord,
  isRecord,
  ownMembers,
} from '../../../foreign/read.js';
import { maskSecrets } from '../../../semconv/secrets.js';
import { type Failure, failure } from '../../failure.js';
import { METHOD_TOOLS_CALL, METHOD_TOOLS_LIST } from '../../mcp/mcp-operations.js';
import { publicAddress } from '../../mcp/server-name.js';
import type { HostedCall, HostedCallReader, HostedStep } from '../hosted-call.js';

/** `error.type` where an item says that its tool failed, and no more. */
const ERROR_TYPE_TOOL = 'tool_error';

const EXPECTED_TOOLS: ReadonlySet<unknown> = new Set(['mcp', 'image_generation']);

/** How an item reads, by its type. */
const READERS: ReadonlyMap<unknown, (item: ForeignRecord) => HostedCall> = new Map([
  ['mcp_call', mcpCall],
  ['mcp_list_tools', mcpListTools],
  ['image_generation_call', imageGeneration],
]);

/** The chunks that say when; what lies between them is progress. */
const STEPS: ReadonlyMap<unknown, (chunk: ForeignRecord, index: number) => HostedStep | undefined> = new Map([
  ['response.output_item.added', (chunk, index) => itemStep('announced', chunk, index)],
  ['response.output_item.done', (chunk, index) => itemStep('ended', chunk, index)],
  [
    'response.mcp_call_arguments.done',
    (chunk, index) => ({ index, step: 'written', arguments: given(chunk.arguments) }),
  ],
]);

export const hostedCalls: HostedCallReader = {
  /** A prompt that is kept at the provider may bring tools of its own. */
  expects: ({ tools, prompt }) =>
    isRecord(prompt) || asArray(tools).some((tool) => EXPECTED_TOOLS.has(ownMembers(tool).type)),

  serverUrls({ tools }) {
    const urls = new Map<string, string>();
    for (const tool of asArray(tools)) {
      const { server_label, server_url } = ownMembers(tool);
      const url = asText(server_url);
      if (typeof server_label !== 'string' || url === undefined || !URL.canParse(url)) continue;
      urls.set(server_label, maskSecrets(publicAddress(new URL(url))));
    }
    return urls;
  },

  ofResponse: (value) =>
    asArray(asRecord(value)?.output)
      .map(readItem)
      .filter((call) => call !== undefined),

  ofChunk(chunk) {
    const record = asRecord(chunk);
    const step = record && STEPS.get(record.type);
    const index = asInteger(record?.output_index);
    return step === undefined || record === undefined || index === undefined
      ? undefined
      : step(record, index);
  },
};

function itemStep(
  step: 'announced' | 'ended',
  { item }: ForeignRecord,
  index: number,
): HostedStep | undefined {
  const call = readItem(item);
  return call && { index, step, call };
}

function readItem(value: unknown): HostedCall | undefined {
  const item = asRecord(value);
  return item && READERS.get(item.type)?.(item);
}

function mcpCall(item: ForeignRecord): HostedCall {
  return {
    id: asText(item.id),
    mcp: { method: METHOD_TOOLS_CALL, server: asText(item.server_label) },
    toolName: asText(item.name),
    arguments: given(item.arguments),
    result: mcpResult(item),
    failure: failureOf(item),
  };
}

/** The tool's own words, of its failure too. */
function mcpResult({ output, error }: ForeignRecord): JsonValue | undefined {
  if (asText(output) !== undefined) return parseJson(output);
  return error === undefined || error === null ? undefined : { error: toJsonValue(error) };
}

function mcpListTools(item: ForeignRecord): HostedCall {
  const reason = failureOf(item);
  return {
    id: asText(item.id),
    mcp: { method: METHOD_TOOLS_LIST, server: asText(item.server_label) },
    toolName: undefined,
    result: reason === undefined ? { tools: toJsonValue(item.tools) } : undefined,
    failure: reason,
  };
}

function imageGeneration(item: ForeignRecord): HostedCall {
  const { action, background, output_format, quality, result, revised_prompt, size } = item;
  return {
    id: asText(item.id),
    toolName: 'image_generation',
    arguments: present({ action, background, output_format, quality, size, revised_prompt }),
    // Not the picture itself: it is megabytes, and a trail is there to be read.
    result: typeof result === 'string' ? { base64_length: result.length } : undefined,
    failure: failureOf(item),
  };
}

function given(args: unknown): JsonValue | undefined {
  return asText(args) === undefined ? undefined : parseJson(args);
}

/** What a tool said of its failure is content; what the provider says of it is not. */
function failureOf({ status, error }: ForeignRecord): Failure | undefined {
  if (isRecord(error)) {
    const type = asText(error.type) ?? asText(error.code) ?? ERROR_TYPE_TOOL;
    return failure(type, asText(error.message) ?? 'the tool failed');
  }
  const failed = status === 'failed' || asText(error) !== undefined;
  return failed ? failure(ERROR_TYPE_TOOL, 'the tool failed') : undefined;
}

function present(members: ForeignRecord): JsonObject | undefined {
  const said = Object.entries(members).filter(([, value]) => value !== undefined && value !== null);
  if (said.length === 0) return undefined;
  return Object.fromEntries(said.map(([name, value]): [string, JsonValue] => [name, toJsonValue(value)]));
}
