/**
 * Message shapes of the GenAI conventions (`gen_ai.input.messages`, `gen_ai.output.messages`,
 * `gen_ai.system_instructions`, `gen_ai.tool.definitions`). All objects may carry further properties.
 */
import type { JsonObject, JsonValue } from '../json/json.js';

interface TextPart {
  type: 'text';
  content: string;
}

interface ReasoningPart {
  type: 'reasoning';
  content: string;
}

/** A call of a tool that the client runs. */
export interface ToolCallPart {
  type: 'tool_call';
  id?: string;
  name: string;
  arguments?: JsonValue;
}

interface ToolCallResponsePart {
  type: 'tool_call_response';
  id?: string;
  response: JsonValue;
}

/** A call of a tool that the provider runs itself: file search, web search, code interpreter, hosted MCP … */
interface ServerToolCallPart {
  type: 'server_tool_call';
  id?: string;
  name: string;
  server_tool_call: JsonObject & { type: string };
}

interface ServerToolCallResponsePart {
  type: 'server_tool_call_response';
  id?: string;
  server_tool_call_response: JsonObject & { type: string };
}

/** The conversation so far, made shorter by the provider; `content` where it can be read. */
interface CompactionPart {
  type: 'compaction';
  id?: string;
  content?: string;
}

interface BlobPart {
  type: 'blob';
  modality: string;
  /** In base64. */
  content: string;
  mime_type?: string;
}

interface FilePart {
  type: 'file';
  modality: string;
  file_id: string;
  mime_type?: string;
}

interface UriPart {
  type: 'uri';
  modality: string;
  /** No data URL: what it holds is a blob. */
  uri: string;
  mime_type?: string;
}

/** A part that the convention does not name: its own type, and what the provider said. */
export interface GenericPart {
  type: string;
  [key: string]: JsonValue;
}

export type MessagePart =
  | TextPart
  | ReasoningPart
  | ToolCallPart
  | ToolCallResponsePart
  | ServerToolCallPart
  | ServerToolCallResponsePart
  | CompactionPart
  | BlobPart
  | FilePart
  | UriPart
  | GenericPart;

export interface Message {
  role: string;
  name?: string;
  parts: MessagePart[];
}

export interface ToolDefinition {
  type: string;
  name: string;
  description?: string;
  parameters?: JsonValue;
  /** Which server a hosted MCP tool is. */
  server_label?: string;
  /** The tools of a namespace. */
  tools?: ToolDefinition[];
}

/** Content by attribute name; a text that is no JSON is a string. */
export type ContentAttributes = Readonly<Record<string, JsonValue | undefined>>;
