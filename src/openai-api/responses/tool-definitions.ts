import { toJsonValue } from '../../json/json.js';
import { asArray, asNonEmptyString, isRecord } from '../../json/readers.js';
import type { ToolDefinition } from '../../semconv/messages.js';

/**
 * Reads the tools of a request or of an item. A built-in tool is named by its type, and a hosted MCP server by its label. Only the convention's members are
 * read, because the definition of a hosted MCP server contains its credentials.
 */
export function responsesToolDefinitions(tools: unknown): ToolDefinition[] {
  return asArray(tools)
    .filter(isRecord)
    .map((tool) => {
      const type = asNonEmptyString(tool.type) ?? 'function';
      const description = asNonEmptyString(tool.description) ?? asNonEmptyString(tool.server_description);
      const serverLabel = asNonEmptyString(tool.server_label);
      const members = responsesToolDefinitions(tool.tools);
      return {
        type,
        name: asNonEmptyString(tool.name) ?? serverLabel ?? type,
        ...(serverLabel !== undefined && { server_label: serverLabel }),
        ...(description !== undefined && { description }),
        ...(tool.parameters !== undefined && { parameters: toJsonValue(tool.parameters) }),
        ...(members.length > 0 && { tools: members }),
      };
    });
}
