/**
 * Message shapes of the GenAI conventions (`gen_ai.input.messages`, `gen_ai.output.messages`,
 * `gen_ai.system_instructions`, `gen_ai.tool.definitions`). All objects may carry additional properties.
 */
import type { JsonObject, JsonValue } from '../json/json.js';
import type { MediaDigest } from '../json/media.js';

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

/** The conversation so far, shortened by the provider. `content` is set if it can be read. */
interface CompactionPart {
  type: 'compaction';
  id?: string;
  content?: string;
}

/**
 * An image, audio or document in the message itself. Its data is not recorded, only which data it was: the convention's
 * `content` would be megabytes of base64.
 */
interface BlobPart extends MediaDigest {
  type: 'blob';
  modality: string;
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
  /** Never a data URL, whose content is a {@link BlobPart}. */
  uri: string;
  mime_type?: string;
}

/** A part that the convention does not define: the provider's type and members. */
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

export interface GenAiMessage {
  role: string;
  name?: string;
  parts: MessagePart[];
  /**
   * Why the model stopped; on output messages only. Required by the convention's schema of early 2026 and allowed by the
   * newest. Some backends show no answer without it.
   */
  finish_reason?: string;
}

export interface ToolDefinition {
  type: string;
  name: string;
  description?: string;
  parameters?: JsonValue;
  /** Label of the server of a hosted MCP tool. */
  server_label?: string;
  /** The tools of a namespace. */
  tools?: ToolDefinition[];
}

/** Content by attribute name. A text that is not JSON is a string. */
export type ContentAttributes = Readonly<Record<string, JsonValue | undefined>>;

/** The convention's words within messages for those of providers. Others are kept, which the schema allows. */
const MESSAGE_REASONS: ReadonlyMap<string, string> = new Map([
  ['tool_calls', 'tool_call'],
  ['function_call', 'tool_call'],
]);

/** The reason of a message whose provider has none. */
function reasonOfContent({ parts }: GenAiMessage): string {
  return parts.some(({ type }) => type === 'tool_call') ? 'tool_call' : 'stop';
}

/**
 * Returns output messages with why the model stopped, for each choice. An API without finish reasons answers when it is
 * done. A conversation of several messages has one reason.
 *
 * @param reasons - one for each choice; `undefined` if there are none.
 */
export function withFinishReasons(
  messages: readonly GenAiMessage[],
  reasons: readonly string[] | undefined,
): GenAiMessage[] {
  return messages.map((message, index) => {
    const reason = reasons?.[index] ?? reasons?.[0] ?? reasonOfContent(message);
    return { ...message, finish_reason: MESSAGE_REASONS.get(reason) ?? reason };
  });
}
