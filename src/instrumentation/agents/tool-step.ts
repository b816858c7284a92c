import { type JsonValue, parseJson } from '../../json/json.js';
import {
  asArray,
  asFunction,
  asNonEmptyString,
  asNumber,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import { type Failure, failure } from '../../semconv/failure.js';
import type { ToolGuardrailDecision, ToolGuardrailSource } from './tool-decisions.js';

/** A person refused the call. */
const ERROR_TYPE_APPROVAL_REJECTED = 'approval_rejected';

/** A guardrail refused the call. */
const ERROR_TYPE_GUARDRAIL_REJECTED = 'guardrail_rejected';

/** The tool's own timeout passed. */
const ERROR_TYPE_TIMEOUT = 'timeout';

/** The SDK names a call that was refused only in these words (0.3.9 to 0.20.0). */
const REFUSAL = /^Tool execution for (.+) was manually rejected by user\.$/;

/** The part of a run's span that the call of a function tool is. */
export class ToolStep {
  /** Told by the tool's hook or a guardrail, before the tool's code runs. */
  call: ToolCallStart | undefined;

  #inputRejectedBy: string | undefined;
  #outputReplacedBy: string | undefined;
  #timeout: Failure | undefined;

  /** The SDK waits no longer for the tool, whatever it then tells the model. */
  timedOut(message: string): void {
    this.#timeout = failure(ERROR_TYPE_TIMEOUT, message);
  }

  get timeout(): Failure | undefined {
    return this.#timeout;
  }

  /** What a guardrail of the tool decided. */
  decided({ name, behavior }: ToolGuardrailDecision, source: ToolGuardrailSource): void {
    if (behavior !== 'rejectContent') return;
    if (source === 'tool_input') this.#inputRejectedBy = name;
    else this.#outputReplacedBy = name;
  }

  /** The guardrail whose words the model was told in place of the output. */
  get outputReplacedBy(): string | undefined {
    return this.#outputReplacedBy;
  }

  /** Why the tool gave nothing, though the run goes on; its output is then only what the model was told. */
  get refusal(): Failure | undefined {
    const guardrail = this.#inputRejectedBy;
    return guardrail === undefined
      ? this.#timeout
      : failure(ERROR_TYPE_GUARDRAIL_REJECTED, `rejected by guardrail ${guardrail}`);
  }
}

/**
 * What the SDK says of a tool whose timeout passed, where it says that: as the tool's output, or in its error. The SDK
 * gives no other sign of it (0.8.5 to 0.20.0).
 *
 * @param output - of the hook `agent_tool_end`.
 */
export function timeoutMessage(tool: unknown, output: unknown): string | undefined {
  const record = asRecord(tool);
  const name = asNonEmptyString(record?.name);
  const timeoutMs = asNumber(record?.timeoutMs);
  if (name === undefined || timeoutMs === undefined) return undefined;
  const message = `Tool '${name}' timed out after ${timeoutMs}ms.`;
  return output === message || asNonEmptyString(output)?.endsWith(`: ${message}`) ? message : undefined;
}

/** The call that a person refused, by its id; `undefined` where the error is another one. */
export function refusedCallId(error: unknown): string | undefined {
  const cause = asNonEmptyString(asRecord(asRecord(error)?.data)?.error);
  return cause === undefined ? undefined : REFUSAL.exec(cause)?.[1];
}

export function approvalRejected({ message }: Failure): Failure {
  return { type: ERROR_TYPE_APPROVAL_REJECTED, message };
}

/** Calls of tools before any hook tells of them, by their ids: what the model asked for, what waited for a person. */

/** @param state - the `RunState` of a run that was interrupted, or any other input. */
export function interruptedCalls(state: unknown): ReadonlyMap<string, ToolCallStart> {
  const calls = new Map<string, ToolCallStart>();
  const record = asRecord(state);
  for (const value of asArray(asFunction(record?.getInterruptions)?.call(record))) {
    const item = asRecord(value);
    const toolCall = asRecord(item?.rawItem);
    const callId = asNonEmptyString(toolCall?.callId);
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
  data: UnknownRecord,
  callId: string,
  agent: UnknownRecord | undefined,
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

function toolOf(agent: UnknownRecord | undefined, { name }: UnknownRecord): unknown {
  return asArray(agent?.tools).find((tool) => asRecord(tool)?.name === name);
}

/** What the SDK's `agent_tool_start` hook tells of a tool call; its span knows nothing but the tool's name. */
export interface ToolCallStart {
  readonly callId: string | undefined;
  /** Absent where the SDK withholds content. */
  readonly arguments: JsonValue | undefined;
  readonly description: string | undefined;
}

export function readToolCallStart(tool: unknown, hookDetails: unknown): ToolCallStart {
  const toolCall = isRecord(hookDetails) && isRecord(hookDetails.toolCall) ? hookDetails.toolCall : {};
  return {
    callId: asNonEmptyString(toolCall.callId),
    arguments: parseJson(toolCall.arguments),
    description: isRecord(tool) ? asNonEmptyString(tool.description) : undefined,
  };
}
