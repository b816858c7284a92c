import { SpanKind } from '@opentelemetry/api';
import { readServerLabel } from '../../../openai-api/mcp-server.js';
import * as semconv from '../../../semconv/attributes.js';
import { spanName } from '../../../semconv/operations.js';
import { serverNameOf } from '../../mcp/mcp-connection.js';
import type { SpanMapping } from './span-mapping.js';

const TYPE = 'mcp_tools';

/**
 * An agent gathers the tools of an MCP server. If it sends a request to the server, this becomes the request's span,
 * so it is deferred until then. A list that the server object has cached, or got in a way of its own, is not a request.
 */
export const mcpTools: SpanMapping = {
  deferred: true,

  start(data, { mcpCall }) {
    const label = readServerLabel(data.server);
    const server = serverNameOf(label);
    if (mcpCall !== undefined) {
      const { method, attributes, details } = mcpCall;
      return {
        name: method,
        kind: SpanKind.CLIENT,
        attributes,
        details: () => {
          const mcpCall = details?.();
          return mcpCall && { mcpCall };
        },
      };
    }
    return {
      name: spanName(TYPE, server ?? label),
      kind: SpanKind.INTERNAL,
      attributes: {
        [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: TYPE,
        [semconv.ATTR_OPENAI_AGENTS_MCP_SERVER]: server,
        [semconv.ATTR_OPENAI_AGENTS_MCP_SERVER_LABEL]: label,
      },
    };
  },

  end: () => ({ attributes: {} }),
};
