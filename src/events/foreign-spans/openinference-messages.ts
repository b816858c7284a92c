import { asRecord, asText, type ForeignRecord } from '../../foreign/read.js';
import type { Message, MessagePart } from '../../semconv/messages.js';
import { treeList } from './attribute-tree.js';
import { imagePart, textParts, toolCallPart, toolResponsePart } from './foreign-parts.js';

/** @param messages - what stands at `llm.input_messages` or `llm.output_messages`. */
export function openInferenceMessages(messages: unknown, role: string): Message[] {
  return treeList(messages).map((item) => {
    const message = asRecord(item.message) ?? {};
    const name = asText(message.name);
    return {
      role: asText(message.role) ?? role,
      ...(name !== undefined && { name }),
      parts: messageParts(message),
    };
  });
}

function messageParts(message: ForeignRecord): MessagePart[] {
  const callId = asText(message.tool_call_id);
  if (callId !== undefined) return [toolResponsePart(callId, message.content)];
  const parts = textParts(message.content);
  for (const item of treeList(message.contents))
    parts.push(contentPart(asRecord(item.message_content) ?? {}));
  for (const item of treeList(message.tool_calls)) {
    const call = asRecord(item.tool_call);
    const called = asRecord(call?.function);
    parts.push(toolCallPart(call?.id, called?.name, called?.arguments));
  }
  const functionName = asText(message.function_call_name);
  if (functionName !== undefined) {
    parts.push(toolCallPart(undefined, functionName, message.function_call_arguments_json));
  }
  return parts;
}

function contentPart(content: ForeignRecord): MessagePart {
  const type = asText(content.type) ?? 'unknown';
  const text = asText(content.text);
  if (type === 'reasoning') return { type, content: text ?? '' };
  const image = asText(asRecord(asRecord(content.image)?.image)?.url);
  if (image !== undefined) return imagePart(image);
  // `text` or, from the Responses API, `input_text` and `output_text`.
  if (text !== undefined) return { type: 'text', content: text };
  return { type };
}
