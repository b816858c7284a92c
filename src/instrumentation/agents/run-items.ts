/** The Agents SDK's own items of a conversation in the convention's shapes. */
import { parseJson, toJsonValue } from '../../json/json.js';
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { responsesInputMessages } from '../../openai-api/responses/messages.js';
import type { GenAiMessage, MessagePart } from '../../semconv/messages.js';

/** The items of a run's input are those of the Responses API, with names in camel case. */
export function runInputMessages(input: unknown): GenAiMessage[] {
  if (typeof input === 'string') return responsesInputMessages(input);
  return asArray(input).filter(isRecord).map(runInputMessage);
}

function runInputMessage(item: UnknownRecord): GenAiMessage {
  const id = asNonEmptyString(item.callId);
  const withId = id !== undefined && { id };
  switch (item.type) {
    case 'function_call':
      return assistant({
        type: 'tool_call',
        ...withId,
        name: asNonEmptyString(item.name) ?? '',
        arguments: parseJson(item.arguments),
      });
    case 'function_call_result':
      return {
        role: 'tool',
        parts: [{ type: 'tool_call_response', ...withId, response: toJsonValue(item.output) }],
      };
    default:
      return responsesInputMessages([withApiNames(item)])[0] ?? { role: 'user', parts: [] };
  }
}

/** Renames the members of content parts that have another name in the API. */
function withApiNames(item: UnknownRecord): UnknownRecord {
  if (!Array.isArray(item.content)) return item;
  return { ...item, content: item.content.map((part) => (isRecord(part) ? withApiName(part) : part)) };
}

function withApiName(part: UnknownRecord): UnknownRecord {
  switch (part.type) {
    case 'input_image': {
      const { image } = part;
      return typeof image === 'string'
        ? { ...part, image_url: image }
        : { ...part, file_id: asRecord(image)?.id };
    }
    case 'input_file': {
      const { file } = part;
      if (typeof file !== 'string')
        return { ...part, file_id: asRecord(file)?.id, file_url: asRecord(file)?.url };
      return file.startsWith('data:') ? { ...part, file_data: file } : { ...part, file_url: file };
    }
    default:
      return part;
  }
}

function assistant(part: MessagePart): GenAiMessage {
  return { role: 'assistant', parts: [part] };
}

/** Returns what a model answered: one message with the parts of all items in order. */
export function modelOutputMessages(output: unknown): GenAiMessage[] {
  const parts = runInputMessages(asArray(toJsonValue(output))).flatMap((message) => message.parts);
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}
