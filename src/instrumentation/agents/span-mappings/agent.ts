import { SpanKind } from '@opentelemetry/api';
import type { JsonValue } from '../../../json/json.js';
import { asArray, asNonEmptyString } from '../../../json/readers.js';
import * as semconv from '../../../semconv/attributes.js';
import { OPERATION_INVOKE_AGENT, spanName } from '../../../semconv/operations.js';
import type { AgentDetails } from '../../../signals/signal.js';
import { spanContent } from '../../../spans/content-attributes.js';
import { maskConstant } from '../../../text/mask-secrets.js';
import type { SpanMapping } from './span-mapping.js';

export const agent: SpanMapping = {
  deferred: false,

  start(data, { conversationId, run, content }) {
    const name = asNonEmptyString(data.name);
    const configured = name === undefined ? undefined : run?.describeAgent(name);
    const { instructions, ...configuration } = configured ?? {};
    const withoutContent = { ...configuration, ...preparedTools(configured, data.tools) };
    const readInput = run?.takeInput();
    // The agent's first model call, if there is one, will say it more exactly.
    const given = () => ({
      ...(readInput !== undefined && {
        [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: readInput() as readonly unknown[] as JsonValue[],
      }),
      ...(instructions !== undefined && {
        [semconv.ATTR_GEN_AI_SYSTEM_INSTRUCTIONS]: [{ type: 'text', content: instructions }],
      }),
    });
    return {
      name: spanName(OPERATION_INVOKE_AGENT, name),
      kind: SpanKind.INTERNAL,
      attributes: {
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_INVOKE_AGENT,
        [semconv.ATTR_GEN_AI_AGENT_NAME]: name,
        [semconv.ATTR_GEN_AI_AGENT_DESCRIPTION]:
          configured?.handoffDescription && maskConstant(configured.handoffDescription),
        [semconv.ATTR_GEN_AI_REQUEST_MODEL]: configured?.model,
        [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
        [semconv.ATTR_GEN_AI_OUTPUT_TYPE]: outputType(data.output_type),
      },
      ...(content.onSpan && { content: () => spanContent(given(), content) }),
      details: () => ({
        agent: {
          ...withoutContent,
          ...(content.wanted && instructions !== undefined && { instructions }),
          // An empty list says that there was an input whose content is withheld.
          ...(readInput !== undefined && { runInput: content.wanted ? readInput() : [] }),
        },
      }),
    };
  },

  end: () => ({ attributes: {} }),
};

/** The convention records an output type only where one was asked for; the SDK names its default `text`. */
function outputType(type: unknown): string | undefined {
  const name = asNonEmptyString(type);
  return name === undefined || name === 'text' ? undefined : 'json';
}

/**
 * The tools that the SDK's span has beyond the configured ones: those of a sandbox. With MCP servers the span has their
 * tools, too, which are not the agent's.
 */
function preparedTools(configured: AgentDetails | undefined, given: unknown): { tools?: string[] } {
  if (configured === undefined || configured.mcpServers !== undefined) return {};
  const names = asArray(given).filter((name) => typeof name === 'string');
  return names.length > (configured.tools?.length ?? 0) ? { tools: names } : {};
}
