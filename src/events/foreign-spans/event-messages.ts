/**
 * Messages in span events: `gen_ai.content.prompt` and `gen_ai.content.completion` of the convention 1.27, and
 * `gen_ai.user.message`, `gen_ai.choice` … after it. (The convention has the latter as log records, which no span processor
 * sees; some instrumentations put them on the span.)
 */
import { parseJson } from '../../foreign/json.js';
import { asArray, asRecord, asText, type ForeignRecord, isRecord } from '../../foreign/read.js';
import type { Message, MessagePart } from '../../semconv/messages.js';
import type { TimedEventSnapshot } from '../span-snapshot.js';
import { textParts, toolCallPart, toolResponsePart } from './foreign-parts.js';

interface EventMessages {
  readonly input: readonly Message[];
  readonly output: readonly Message[];
}

const MESSAGE_EVENT = /^gen_ai\.(system|user|assistant|tool)\.message$/;

export function eventMessages(events: readonly TimedEventSnapshot[]): EventMessages {
  const input: Message[] = [];
  const output: Message[] = [];
  for (const { name, attributes = {} } of events) {
    const role = MESSAGE_EVENT.exec(name)?.[1];
    if (role !== undefined) input.push(message(bodyOf(attributes), role));
    else if (name === 'gen_ai.choice') output.push(choice(bodyOf(attributes)));
    else if (name === 'gen_ai.content.prompt') input.push(...listed(attributes['gen_ai.prompt'], 'user'));
    else if (name === 'gen_ai.content.completion') {
      output.push(...listed(attributes['gen_ai.completion'], 'assistant'));
    }
  }
  return { input, output };
}

/** In JSON within one attribute, or in attributes. */
function bodyOf(attributes: ForeignRecord): ForeignRecord {
  return asRecord(parseJson(attributes['gen_ai.event.content'] ?? null)) ?? attributes;
}

function choice(body: ForeignRecord): Message {
  const nested = isRecord(body.message) ? body.message : asRecord(parseJson(body.message ?? null));
  return message(nested ?? body, 'assistant');
}

function listed(json: unknown, role: string): Message[] {
  const list = parseJson(json ?? null);
  return asArray(list)
    .filter(isRecord)
    .map((body) => message(body, role));
}

function message(body: ForeignRecord, role: string): Message {
  const given = asText(body.role) ?? role;
  if (given === 'tool') {
    return { role: given, parts: [toolResponsePart(body.id ?? body.tool_call_id, body.content)] };
  }
  const parts: MessagePart[] = textParts(body.content);
  for (const call of asArray(
    isRecord(body.tool_calls) ? [body.tool_calls] : parseJson(body.tool_calls ?? null),
  )) {
    const record = asRecord(call);
    const called = asRecord(record?.function);
    parts.push(
      toolCallPart(record?.id, called?.name ?? record?.name, called?.arguments ?? record?.arguments),
    );
  }
  return { role: given, parts };
}
