import { SpanKind as OtelSpanKind } from '@opentelemetry/api';
import { asText } from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_AGENT_DESCRIPTION,
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_OUTPUT_TYPE,
  ATTR_GEN_AI_REQUEST_MODEL,
} from '../../../semconv/attributes.js';
import { OPERATION_INVOKE_AGENT, spanName } from '../../../semconv/operations.js';
import type { SpanKind } from './span-kind.js';

export const agent: SpanKind = {
  deferred: false,

  start(data, { conversationId, run, contentWanted }) {
    const name = asText(data.name);
    const configured = name === undefined ? undefined : run?.describeAgent(name);
    const { instructions, ...withoutContent } = configured ?? {};
    const input = run?.takeInput();
    // That there was one is told also where its content is not.
    const runInput = contentWanted ? input : input && [];
    return {
      name: spanName(OPERATION_INVOKE_AGENT, name),
      kind: OtelSpanKind.INTERNAL,
      attributes: {
        [ATTR_GEN_AI_OPERATION_NAME]: OPERATION_INVOKE_AGENT,
        [ATTR_GEN_AI_AGENT_NAME]: name,
        [ATTR_GEN_AI_AGENT_DESCRIPTION]: configured?.handoffDescription,
        [ATTR_GEN_AI_REQUEST_MODEL]: configured?.model,
        [ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
        [ATTR_GEN_AI_OUTPUT_TYPE]: outputType(data.output_type),
      },
      details: {
        agent: {
          ...withoutContent,
          ...(contentWanted && instructions !== undefined && { instructions }),
          ...(runInput !== undefined && { runInput }),
        },
      },
    };
  },

  end: () => ({ attributes: {} }),
};

/** The convention records an output type only where one was asked for; the SDK names its default `text`. */
function outputType(type: unknown): string | undefined {
  const name = asText(type);
  return name === undefined || name === 'text' ? undefined : 'json';
}
