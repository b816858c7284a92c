/** PURE: events of the Agents SDK as events of a stream. */
import type { RunItem, RunStreamEvent, RunToolApprovalItem } from '@openai/agents';
import { z } from 'zod';
import type { PendingApproval } from '../sessions/session-store.js';
import type { StreamEvent } from '../streams/stream-event.js';

/** The events of the Responses API that a client is interested in. */
const modelEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('response.output_item.added'),
    item: z.object({
      type: z.string(),
      id: z.string().optional(),
      name: z.string().optional(),
      call_id: z.string().optional(),
    }),
  }),
  z.object({
    type: z.literal('response.function_call_arguments.delta'),
    item_id: z.string(),
    delta: z.string(),
  }),
  z.object({
    type: z.literal('response.function_call_arguments.done'),
    item_id: z.string(),
    arguments: z.string(),
  }),
  z.object({ type: z.literal('response.reasoning_summary_text.delta'), delta: z.string() }),
]);

/** Translates the events of one run. It remembers the names of the calls whose arguments are on their way. */
export class RunEvents {
  readonly #calls = new Map<string, { name: string; call_id: string }>();

  translate(event: RunStreamEvent): StreamEvent | undefined {
    switch (event.type) {
      case 'agent_updated_stream_event':
        return { type: 'agent_updated', agent: event.agent.name };
      case 'run_item_stream_event':
        return runItemEvent(event.item);
      case 'raw_model_stream_event':
        if (event.data.type === 'output_text_delta') {
          const { delta, itemId: item_id } = event.data;
          return {
            type: 'raw_response',
            kind: 'text_delta',
            delta,
            ...(item_id !== undefined && { item_id }),
          };
        }
        return event.data.type === 'model' ? this.#modelEvent(event.data.event) : undefined;
    }
  }

  #modelEvent(data: unknown): StreamEvent | undefined {
    const { data: event } = modelEvent.safeParse(data);
    switch (event?.type) {
      case 'response.output_item.added': {
        const { type, id, name, call_id } = event.item;
        if (type === 'function_call' && id !== undefined && name !== undefined && call_id !== undefined) {
          this.#calls.set(id, { name, call_id });
        }
        return undefined;
      }
      case 'response.function_call_arguments.delta': {
        const call = this.#calls.get(event.item_id);
        return call && { type: 'raw_response', kind: 'function_call_arguments', ...call, delta: event.delta };
      }
      case 'response.function_call_arguments.done': {
        const call = this.#calls.get(event.item_id);
        this.#calls.delete(event.item_id);
        return (
          call && {
            type: 'raw_response',
            kind: 'function_call_arguments',
            ...call,
            arguments: event.arguments,
          }
        );
      }
      case 'response.reasoning_summary_text.delta':
        return { type: 'raw_response', kind: 'reasoning_delta', delta: event.delta };
      default:
        return undefined;
    }
  }
}

function runItemEvent(item: RunItem): StreamEvent | undefined {
  const type = 'run_item';
  switch (item.type) {
    case 'message_output_item':
      return { type, kind: 'message', agent: item.agent.name, text: item.content };
    case 'tool_call_item': {
      const { rawItem } = item;
      if (rawItem.type !== 'function_call') return undefined;
      const { name, callId: call_id, arguments: given } = rawItem;
      return { type, kind: 'tool_call', agent: item.agent.name, name, call_id, arguments: given };
    }
    case 'tool_call_output_item': {
      const { rawItem } = item;
      if (rawItem.type !== 'function_call_result') return undefined;
      const { name, callId: call_id } = rawItem;
      return { type, kind: 'tool_output', agent: item.agent.name, name, call_id, output: item.output };
    }
    case 'handoff_output_item': {
      const [from, to] = [item.sourceAgent.name, item.targetAgent.name];
      return { type, kind: 'handoff', agent: from, from, to };
    }
    case 'reasoning_item': {
      const text = item.rawItem.content.map((part) => part.text).join('\n');
      return { type, kind: 'reasoning', agent: item.agent.name, text };
    }
    case 'tool_approval_item':
      return { type, kind: 'approval_requested', ...pendingApproval(item) };
    default:
      return undefined;
  }
}

/** The id of an approval is that of the tool call, which does not change when the run is stored. */
export function pendingApproval(item: RunToolApprovalItem): PendingApproval {
  const { rawItem, agent } = item;
  const id = 'callId' in rawItem ? rawItem.callId : rawItem.id;
  return {
    id: id ?? '',
    tool: item.name ?? rawItem.type,
    arguments: item.arguments ?? '',
    agent: agent.name,
  };
}
