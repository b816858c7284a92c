import { SpanKind as OtelSpanKind } from '@opentelemetry/api';
import { type JsonValue, parseJson } from '../../../foreign/json.js';
import { asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_TOOL_CALL_ARGUMENTS,
  ATTR_GEN_AI_TOOL_CALL_ID,
  ATTR_GEN_AI_TOOL_CALL_RESULT,
  ATTR_GEN_AI_TOOL_DESCRIPTION,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_TOOL_TYPE,
  ATTR_OPENAI_AGENTS_MCP_SERVER,
} from '../../../semconv/attributes.js';
import { OPERATION_EXECUTE_TOOL, spanName } from '../../../semconv/operations.js';
import { readServerName } from '../../mcp/server-name.js';
import type { SpanKind } from './span-kind.js';

/** Value of `gen_ai.tool.type` for a tool that runs in this process. */
export const TOOL_TYPE_FUNCTION = 'function';

/** Deferred until the hook has told the call's id and arguments, which comes before the tool's code runs. */
export const functionTool: SpanKind = {
  deferred: true,

  start(data, { agentName, conversationId, toolCall, contentOnSpan, contentWanted }) {
    const name = asText(data.name);
    // Without the hook (a call that was refused, or could not be read) the span's own input is all there is.
    const callArguments = toolCall?.arguments ?? toolInput(data);
    return {
      name: spanName(OPERATION_EXECUTE_TOOL, name),
      kind: OtelSpanKind.INTERNAL,
      attributes: {
        [ATTR_GEN_AI_OPERATION_NAME]: OPERATION_EXECUTE_TOOL,
        [ATTR_GEN_AI_TOOL_NAME]: name,
        [ATTR_GEN_AI_TOOL_TYPE]: TOOL_TYPE_FUNCTION,
        [ATTR_GEN_AI_TOOL_DESCRIPTION]: toolCall?.description,
        [ATTR_GEN_AI_TOOL_CALL_ID]: toolCall?.callId,
        [ATTR_GEN_AI_AGENT_NAME]: agentName,
        [ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
        [ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]:
          contentOnSpan && callArguments !== undefined ? JSON.stringify(callArguments) : undefined,
      },
      details:
        contentWanted && callArguments !== undefined ? { toolCall: { arguments: callArguments } } : undefined,
    };
  },

  end(data, { contentOnSpan, contentWanted }, failed) {
    // Empty where the SDK was told to withhold it; of a failed tool it is the text that the model is told instead.
    const given = data.output !== undefined && data.output !== '' && !failed;
    const result = contentWanted && given ? parseJson(data.output) : undefined;
    const mcpServer = isRecord(data.mcp_data) ? readServerName(data.mcp_data.server) : undefined;
    return {
      attributes: {
        [ATTR_GEN_AI_TOOL_CALL_RESULT]:
          contentOnSpan && result !== undefined ? JSON.stringify(result) : undefined,
        [ATTR_OPENAI_AGENTS_MCP_SERVER]: mcpServer,
      },
      toolResult: result,
    };
  },
};

function toolInput(data: ForeignRecord): JsonValue | undefined {
  return data.input === '' || data.input === undefined ? undefined : parseJson(data.input);
}
