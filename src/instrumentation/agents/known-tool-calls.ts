/** Calls of tools before any hook tells of them, by their ids: what the model asked for, what waited for a person. */
import { asArray, asFunction, asRecord, asText, type ForeignRecord } from '../../foreign/read.js';
import { readToolCallStart, type ToolCallStart } from './tool-call-start.js';

/** @param state - the `RunState` of a run that was interrupted, or any other input. */
export function interruptedCalls(state: unknown): ReadonlyMap<string, ToolCallStart> {
  const calls = new Map<string, ToolCallStart>();
  const record = asRecord(state);
  for (const value of asArray(asFunction(record?.getInterruptions)?.call(record))) {
    const item = asRecord(value);
    const toolCall = asRecord(item?.rawItem);
    const callId = asText(toolCall?.callId);
    if (toolCall === undefined || callId === undefined) continue;
    calls.set(callId, readToolCallStart(toolOf(asRecord(item?.agent), toolCall), { toolCall }));
  }
  return calls;
}

/**
 * @param data - of the SDK's span for a model call; it holds the API's response, unless content is to be withheld.
 * @param agent - what is configured of the agent that called the model.
 */
export function modelsCall(
  data: ForeignRecord,
  callId: string,
  agent: ForeignRecord | undefined,
): ToolCallStart | undefined {
  const message = asRecord(asRecord(asArray(asRecord(asArray(data.output)[0])?.choices)[0])?.message);
  const calls = [...asArray(asRecord(data._response)?.output), ...asArray(message?.tool_calls)];
  for (const value of calls) {
    const call = asRecord(value);
    const given = asRecord(call?.function) ?? call;
    if (given === undefined || (call?.call_id ?? call?.id) !== callId) continue;
    const toolCall = { callId, name: given.name, arguments: given.arguments };
    return readToolCallStart(toolOf(agent, toolCall), { toolCall });
  }
  return undefined;
}

function toolOf(agent: ForeignRecord | undefined, { name }: ForeignRecord): unknown {
  return asArray(agent?.tools).find((tool) => asRecord(tool)?.name === name);
}
