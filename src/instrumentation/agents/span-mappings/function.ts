import { SpanKind } from '@opentelemetry/api';
import type { JsonValue } from '../../../json/json.js';
import { parseOwnJson } from '../../../json/own-data.js';
import { asNonEmptyString, isRecord, type UnknownRecord } from '../../../json/readers.js';
import { readServerLabel } from '../../../openai-api/mcp-server.js';
import * as semconv from '../../../semconv/attributes.js';
import { OPERATION_EXECUTE_TOOL, spanName, TOOL_TYPE_FUNCTION } from '../../../semconv/operations.js';
import { maskConstant } from '../../../text/mask-secrets.js';
import { serverNameOf } from '../../mcp/mcp-connection.js';
import { contentText, type SpanMapping } from './span-mapping.js';

/** Deferred until the hook has passed the call's id and arguments, which happens before the tool's code runs. */
export const functionTool: SpanMapping = {
  deferred: true,

  start(data, { agentName, conversationId, toolCall, content }) {
    const name = asNonEmptyString(data.name);
    // Without the hook (a call that was rejected or malformed) only the span's own input is known.
    const callArguments = () => toolCall?.arguments ?? toolInput(data);
    return {
      name: spanName(OPERATION_EXECUTE_TOOL, name),
      kind: SpanKind.INTERNAL,
      attributes: {
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_EXECUTE_TOOL,
        [semconv.ATTR_GEN_AI_TOOL_NAME]: name,
        [semconv.ATTR_GEN_AI_TOOL_TYPE]: TOOL_TYPE_FUNCTION,
        [semconv.ATTR_GEN_AI_TOOL_DESCRIPTION]: toolCall?.description && maskConstant(toolCall.description),
        [semconv.ATTR_GEN_AI_TOOL_CALL_ID]: toolCall?.callId,
        [semconv.ATTR_GEN_AI_AGENT_NAME]: agentName,
        [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
      },
      content: () => ({
        [semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: contentText(
          semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS,
          callArguments,
          content,
        ),
      }),
      details: () => {
        const known = content.wanted ? callArguments() : undefined;
        return known === undefined ? undefined : { toolCall: { arguments: known } };
      },
    };
  },

  end(data, { content, paused }, failed) {
    // The output is empty if the SDK withholds content; for a failed tool it is only a message for the model.
    const hasResult = data.output !== undefined && data.output !== '' && !failed;
    const result = content.wanted && hasResult ? parseOwnJson(data.output) : undefined;
    const label = isRecord(data.mcp_data) ? readServerLabel(data.mcp_data.server) : undefined;
    return {
      attributes: {
        [semconv.ATTR_GEN_AI_TOOL_CALL_RESULT]: contentText(
          semconv.ATTR_GEN_AI_TOOL_CALL_RESULT,
          result,
          content,
        ),
        [semconv.ATTR_OPENAI_AGENTS_MCP_SERVER]: serverNameOf(label),
        [semconv.ATTR_OPENAI_AGENTS_MCP_SERVER_LABEL]: label,
        [semconv.ATTR_OPENAI_AGENTS_OUTCOME]: paused && !failed ? semconv.OUTCOME_PAUSED : undefined,
      },
      toolResult: result,
    };
  },
};

function toolInput(data: UnknownRecord): JsonValue | undefined {
  return data.input === '' || data.input === undefined ? undefined : parseOwnJson(data.input);
}
