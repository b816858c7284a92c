/**
 * Calls of tools that the provider runs itself, other than reading stored data: requests to MCP servers, and image
 * generation. This process sees neither the tool nor the server, only their items.
 */
import { type JsonObject, type JsonValue, parseJson, presentMembers, toJsonValue } from '../../json/json.js';
import {
  asArray,
  asInteger,
  asNonEmptyString,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import { ERROR_TYPE_TOOL } from '../../semconv/attributes.js';
import { type Failure, failure } from '../../semconv/failure.js';
import type { HostedCallReader, HostedStep, HostedToolCall } from '../hosted-tool-call.js';
import { METHOD_TOOLS_CALL, METHOD_TOOLS_LIST, publicAddress } from '../mcp-server.js';

const EXPECTED_TOOLS: ReadonlySet<unknown> = new Set(['mcp', 'image_generation']);

/** Readers of items by their type. */
const READERS: ReadonlyMap<unknown, (item: UnknownRecord) => HostedToolCall> = new Map([
  ['mcp_call', mcpCall],
  ['mcp_list_tools', mcpListTools],
  ['image_generation_call', imageGeneration],
]);

/** Readers of the chunks that start or end a step. The chunks between them only report progress. */
const STEPS: ReadonlyMap<unknown, (chunk: UnknownRecord, index: number) => HostedStep | undefined> = new Map([
  ['response.output_item.added', (chunk, index) => itemStep('announced', chunk, index)],
  ['response.output_item.done', (chunk, index) => itemStep('ended', chunk, index)],
  [
    'response.mcp_call_arguments.done',
    (chunk, index) => ({ index, step: 'written', arguments: parsedArguments(chunk.arguments) }),
  ],
]);

export const hostedCalls: HostedCallReader = {
  // A prompt that is stored at the provider may have tools of its own.
  expects: ({ tools, prompt }) =>
    isRecord(prompt) || asArray(tools).some((tool) => EXPECTED_TOOLS.has(asRecord(tool)?.type)),

  serverUrls({ tools }) {
    const urls = new Map<string, string>();
    for (const tool of asArray(tools)) {
      const { server_label, server_url } = asRecord(tool) ?? {};
      const url = asNonEmptyString(server_url);
      if (typeof server_label !== 'string' || url === undefined || !URL.canParse(url)) continue;
      urls.set(server_label, publicAddress(new URL(url)));
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
  { item }: UnknownRecord,
  index: number,
): HostedStep | undefined {
  const call = readItem(item);
  return call && { index, step, call };
}

function readItem(value: unknown): HostedToolCall | undefined {
  const item = asRecord(value);
  return item && READERS.get(item.type)?.(item);
}

function mcpCall(item: UnknownRecord): HostedToolCall {
  return {
    id: asNonEmptyString(item.id),
    mcp: {
      method: METHOD_TOOLS_CALL,
      server: asNonEmptyString(item.server_label),
      approvalRequestId: asNonEmptyString(item.approval_request_id),
    },
    toolName: asNonEmptyString(item.name),
    arguments: parsedArguments(item.arguments),
    result: mcpResult(item),
    failure: failureOf(item),
  };
}

/** The tool's own output, or its own description of its failure. */
function mcpResult({ output, error }: UnknownRecord): JsonValue | undefined {
  if (asNonEmptyString(output) !== undefined) return parseJson(output);
  return error === undefined || error === null ? undefined : { error: toJsonValue(error) };
}

function mcpListTools(item: UnknownRecord): HostedToolCall {
  const reason = failureOf(item);
  return {
    id: asNonEmptyString(item.id),
    mcp: { method: METHOD_TOOLS_LIST, server: asNonEmptyString(item.server_label) },
    toolName: undefined,
    result: reason === undefined ? { tools: toJsonValue(item.tools) } : undefined,
    failure: reason,
  };
}

function imageGeneration(item: UnknownRecord): HostedToolCall {
  const { action, background, output_format, quality, result, revised_prompt, size } = item;
  return {
    id: asNonEmptyString(item.id),
    toolName: 'image_generation',
    arguments: presentArguments({ action, background, output_format, quality, size, revised_prompt }),
    // The record has the size and the hash of the image, if content is recorded at all.
    result: typeof result === 'string' ? image(result, asNonEmptyString(output_format)) : undefined,
    failure: failureOf(item),
  };
}

function image(content: string, format: string | undefined): JsonObject {
  const mimeType = format === undefined ? {} : { mime_type: `image/${format}` };
  return { type: 'blob', modality: 'image', ...mimeType, content };
}

function parsedArguments(args: unknown): JsonValue | undefined {
  return asNonEmptyString(args) === undefined ? undefined : parseJson(args);
}

/**
 * The tool's own description of its failure is content and not repeated here. The provider's description is not
 * content.
 */
function failureOf({ status, error }: UnknownRecord): Failure | undefined {
  if (isRecord(error)) {
    const type = asNonEmptyString(error.type) ?? asNonEmptyString(error.code) ?? ERROR_TYPE_TOOL;
    return failure(type, asNonEmptyString(error.message), 'the tool failed');
  }
  const failed = status === 'failed' || asNonEmptyString(error) !== undefined;
  return failed ? failure(ERROR_TYPE_TOOL, undefined, 'the tool failed') : undefined;
}

function presentArguments(members: UnknownRecord): JsonObject | undefined {
  const present = presentMembers(members);
  return Object.keys(present).length > 0 ? present : undefined;
}
