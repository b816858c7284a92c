/**
 * Message shapes of the GenAI conventions (`gen_ai.input.messages`, `gen_ai.output.messages`,
 * `gen_ai.system_instructions`, `gen_ai.tool.definitions`). All objects may carry further properties.
 */
import type { JsonValue } from '../foreign/json.js';

export interface TextPart {
  type: 'text';
  content: string;
}

export interface ReasoningPart {
  type: 'reasoning';
  content: string;
}

export interface ToolCallPart {
  type: 'tool_call';
  id?: string;
  name: string;
  arguments?: JsonValue;
}

export interface ToolCallResponsePart {
  type: 'tool_call_response';
  id?: string;
  response: JsonValue;
}

export interface BlobPart {
  type: 'blob';
  modality: string;
  content: string;
  mime_type?: string;
}

export interface FilePart {
  type: 'file';
  modality: string;
  file_id: string;
}

export interface UriPart {
  type: 'uri';
  modality: string;
  uri: string;
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
}
