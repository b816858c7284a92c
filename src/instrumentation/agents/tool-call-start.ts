import { type JsonValue, parseJson } from '../../foreign/json.js';
import { asText, isRecord } from '../../foreign/read.js';

/** What the SDK's `agent_tool_start` hook tells of a tool call; its span knows nothing but the tool's name. */
export interface ToolCallStart {
  readonly callId: string | undefined;
  /** Absent where the SDK withholds content. */
  readonly arguments: JsonValue | undefined;
  readonly description: string | undefined;
}

export function readToolCallStart(tool: unknown, hookDetails: unknown): ToolCallStart {
  const toolCall = isRecord(hookDetails) && isRecord(hookDetails.toolCall) ? hookDetails.toolCall : {};
  return {
    callId: asText(toolCall.callId),
    arguments: parseJson(toolCall.arguments),
    description: isRecord(tool) ? asText(tool.description) : undefined,
  };
}
