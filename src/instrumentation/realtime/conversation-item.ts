/**
 * Items of a realtime conversation in the convention's shapes. Sound is left out wherever it stands, whatever may be
 * recorded: of a spoken part there is its transcript, or else only that it was spoken.
 */
import { asArray, asRecord, asText, type ForeignRecord, isRecord } from '../../foreign/read.js';
import type { Message, MessagePart } from '../../semconv/messages.js';
import { responsesInputMessages } from '../openai/responses/messages.js';
import { toolItemParts } from '../openai/responses/tool-items.js';

/** Parts without sound that the Responses API has, too. */
const SILENT_PARTS: ReadonlySet<unknown> = new Set(['input_text', 'output_text', 'text', 'input_image']);

/** Items of tools. Of an item that is not known only its type is told. */
const TOOL_ITEMS: ReadonlySet<unknown> = new Set([
  'function_call',
  'function_call_output',
  'mcp_call',
  'mcp_tool_call',
  'mcp_list_tools',
]);

export function itemMessage(item: ForeignRecord): Message {
  const type = asText(item.type) ?? 'message';
  if (type === 'message') return { role: asText(item.role) ?? 'user', parts: contentParts(item.content) };
  const role = type === 'function_call_output' ? 'tool' : 'assistant';
  return { role, parts: itemParts(type, item) };
}

/** One message for what a response gave: its items in order, their parts joined. */
export function outputMessages(items: unknown): Message[] {
  const parts = asArray(items)
    .filter(isRecord)
    .flatMap((item) => itemMessage(item).parts);
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/** What the messages say in words. */
export function textOf(messages: readonly Message[]): string {
  return messages
    .flatMap(({ parts }) => parts)
    .map((part) => (part.type === 'text' ? (asText(part.content) ?? '') : ''))
    .join('');
}

function itemParts(type: string, item: ForeignRecord): MessagePart[] {
  if (!TOOL_ITEMS.has(type)) return [{ type }];
  return toolItemParts(type, item, new Set()) ?? [{ type }];
}

function contentParts(content: unknown): MessagePart[] {
  return asArray(content).flatMap((part) => {
    const record = asRecord(part) ?? {};
    if (SILENT_PARTS.has(record.type)) return responsesInputMessages([{ content: [part] }])[0]?.parts ?? [];
    const transcript = asText(record.transcript);
    if (transcript !== undefined) return [{ type: 'text', content: transcript }];
    return [{ type: asText(record.type) ?? 'unknown' }];
  });
}
