import { SpanKind as OtelSpanKind } from '@opentelemetry/api';
import { asText } from '../../../foreign/read.js';
import { ATTR_MCP_METHOD_NAME, ATTR_OPENAI_AGENTS_MCP_SERVER } from '../../../semconv/attributes.js';
import type { SpanKind } from './span-kind.js';

const METHOD = 'tools/list';

/** An agent asks an MCP server for its tools. */
export const mcpTools: SpanKind = {
  deferred: false,

  start: (data) => ({
    name: METHOD,
    kind: OtelSpanKind.CLIENT,
    attributes: {
      [ATTR_MCP_METHOD_NAME]: METHOD,
      [ATTR_OPENAI_AGENTS_MCP_SERVER]: asText(data.server),
    },
  }),

  end: () => ({ attributes: {} }),
};
