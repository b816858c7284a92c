import type { Span } from '@opentelemetry/api';
import { ownItems, ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asNumber, asRecord, type UnknownRecord } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';
import { METHOD_TOOLS_CALL, METHOD_TOOLS_LIST, readServerLabel } from '../../openai-api/mcp-server.js';
import { describeFailure, type Failure, failure } from '../../semconv/failure.js';
import { TOOL_TYPE_FUNCTION } from '../../semconv/operations.js';
import { recordTool } from '../../spans/metrics/agent-metrics.js';
import type { Instruments } from '../../spans/metrics/instruments.js';
import type { McpCallEnd, McpCallStart, McpSpanSlot } from '../mcp/mcp-span-slot.js';
import { interruptions, type ToolCallStart, toolCallStart } from './approvable-calls.js';
import { ERROR_TYPE_TIMEOUT, failureInItem, failureInOutput, hasResultInItem } from './local-tool-results.js';
import type { ToolGuardrailDecision, ToolGuardrailSource } from './tool-decisions.js';

/** A person rejected the call. */
export const ERROR_TYPE_APPROVAL_REJECTED = 'approval_rejected';

/** The SDK's own words about a call that was refused. */
export const NOT_APPROVED = 'Tool execution was not approved.';

/** A guardrail rejected the call. */
const ERROR_TYPE_GUARDRAIL_REJECTED = 'guardrail_rejected';

/** The only mark of a rejected call in the SDK is this message (0.3.9 to 0.20.0). */
const REJECTION = /^Tool execution for (.+) was manually rejected by user\.$/;

/** The part of a bridged span that is specific to the call of a function tool. */
export class ToolStep {
  /** Set when the span starts or by the tool's event, before the tool's code runs. */
  call: ToolCallStart | undefined;

  readonly #data: UnknownRecord;
  #inputRejectedBy: string | undefined;
  #outputReplacedBy: string | undefined;
  #timeout: Failure | undefined;
  /** Whether a callback refused the call after it had started. */
  #refused = false;
  /** Whether a run that the tool started waits for a person, so that the call goes on when the run is resumed. */
  paused = false;
  /** The failure that the tool's own result reports. */
  #reported: Failure | undefined;
  #thrown: { readonly error: unknown } | undefined;
  /** Whether a run that the tool started was given up with the run that called the tool. */
  #runAborted = false;

  /** @returns `undefined` if the span data is not a function tool's. */
  static of(data: UnknownRecord): ToolStep | undefined {
    return data.type === 'function' ? new ToolStep(data) : undefined;
  }

  private constructor(data: UnknownRecord) {
    this.#data = data;
  }

  get toolName(): string | undefined {
    return asNonEmptyString(this.#data.name);
  }

  /** The arguments on the SDK's span; empty if the SDK withholds content. */
  get input(): unknown {
    return this.#data.input;
  }

  /**
   * Counts the call, with its metrics. A call that only paused is counted when it ends.
   *
   * @param end - `duration` is in seconds.
   */
  recordMetrics(
    instruments: Instruments | undefined,
    agent: { readonly name: string | undefined; readonly totals: { addToolCall(): void } } | undefined,
    end: { readonly errorType: string | undefined; readonly duration: number },
  ): void {
    if (this.paused) return;
    agent?.totals.addToolCall();
    if (instruments === undefined) return;
    const { toolName } = this;
    recordTool(instruments, { toolName, toolType: TOOL_TYPE_FUNCTION, agentName: agent?.name, ...end });
  }

  /** The SDK stopped waiting for the tool; the message that the model gets may be another one. */
  timedOut(message: string): void {
    this.#timeout = failure(ERROR_TYPE_TIMEOUT, undefined, message);
  }

  /** The tool's code threw; the SDK's span may not say what. */
  threw(error: unknown): void {
    this.#thrown = { error };
  }

  refused(): void {
    this.#refused = true;
  }

  /** @param output - of the hook `agent_tool_end`. */
  ended(tool: unknown, output: unknown): void {
    const message = timeoutMessage(tool, output);
    if (message !== undefined) this.timedOut(message);
    else this.#reported = failureInOutput(tool, output);
  }

  /** Whether the tool's result is known only once the SDK has ended its span. */
  get awaitsResult(): boolean {
    return hasResultInItem(this.call?.toolType);
  }

  /** @param item - the SDK's item for the tool's output. */
  resulted(item: unknown): void {
    this.#reported ??= failureInItem(item);
  }

  runAborted(): void {
    this.#runAborted = true;
  }

  /** Whether this error on the tool's span, whose text may be withheld, is the abort of a run that the tool started. */
  isAbortOfRun(error: unknown): boolean {
    return this.#runAborted && !endsRun(error);
  }

  /** @param call - the rejected call, which no hook describes; `undefined` if only its id is known. */
  rejected(callId: string, call: ToolCallStart | undefined): void {
    this.call ??= call ?? { callId, arguments: undefined, description: undefined };
  }

  /** A guardrail of the tool made its decision. */
  decided({ name, behavior }: ToolGuardrailDecision, source: ToolGuardrailSource): void {
    if (behavior !== 'rejectContent') return;
    if (source === 'tool_input') this.#inputRejectedBy = name;
    else this.#outputReplacedBy = name;
  }

  /** The guardrail whose message the model got in place of the tool's output. */
  get outputReplacedBy(): string | undefined {
    return this.#outputReplacedBy;
  }

  /** Why the tool has no result although the run goes on; its output is then only a message for the model. */
  get refusal(): Failure | undefined {
    if (this.#refused) return failure(ERROR_TYPE_APPROVAL_REJECTED, undefined, NOT_APPROVED);
    const guardrail = this.#inputRejectedBy;
    return guardrail === undefined
      ? this.#timeout
      : failure(ERROR_TYPE_GUARDRAIL_REJECTED, undefined, `rejected by guardrail ${guardrail}`);
  }

  /**
   * Returns the failure of the call. A timeout explains any other error, and an error says more than the SDK's text of it.
   *
   * @param described - the error on the SDK's span.
   * @param rejected - whether that error says that a person rejected the call.
   */
  failure(described: Failure | undefined, rejected: boolean): Failure | undefined {
    if (this.#timeout !== undefined || described === undefined) {
      return this.#timeout ?? this.refusal ?? this.#reported;
    }
    if (rejected) return { ...described, type: ERROR_TYPE_APPROVAL_REJECTED };
    return this.#thrown === undefined ? described : describeFailure(this.#thrown.error);
  }
}

/**
 * Returns the SDK's message about a tool whose timeout passed, if the output is that message: alone, or at the end of
 * an error's text. The SDK gives no other sign of a timeout (0.8.5 to 0.20.0).
 *
 * @param output - of the hook `agent_tool_end`.
 */
export function timeoutMessage(tool: unknown, output: unknown): string | undefined {
  const name = asNonEmptyString(memberValue(tool, 'name'));
  const timeoutMs = asNumber(memberValue(tool, 'timeoutMs'));
  if (name === undefined || timeoutMs === undefined) return undefined;
  const message = `Tool '${name}' timed out after ${timeoutMs}ms.`;
  return output === message || asNonEmptyString(output)?.endsWith(`: ${message}`) ? message : undefined;
}

/** Returns the id of the call that a person rejected; `undefined` if the error is another one. */
export function rejectedCallId(error: unknown): string | undefined {
  const cause = asNonEmptyString(ownValue(ownValue(error, 'data'), 'error'));
  return cause === undefined ? undefined : REJECTION.exec(cause)?.[1];
}

/** Whether the error on a tool's span ends the run; otherwise the SDK answers the model with the error (0.3.9 to 0.20.0). */
export function endsRun(error: unknown): boolean {
  return asRecord(error)?.message === 'Error running tool';
}

// Calls of tools that no hook has described, by their ids.

/**
 * Returns the calls that wait for a person.
 *
 * @param state - the `RunState` of a run that was interrupted, or any other input.
 */
export function interruptedCalls(state: unknown): ReadonlyMap<string, ToolCallStart> {
  const calls = new Map<string, ToolCallStart>();
  for (const item of interruptions(state)) {
    const toolCall = ownValue(item, 'rawItem');
    const callId = asNonEmptyString(ownValue(toolCall, 'callId'));
    if (callId === undefined) continue;
    calls.set(callId, readToolCallStart(toolOf(ownValue(item, 'agent'), toolCall), { toolCall }));
  }
  return calls;
}

/**
 * Returns the call with this id that a model asked for.
 *
 * @param data - data of the SDK's span for the model call; it holds the API's response, unless content is withheld.
 * @param agent - the configuration of the agent that called the model.
 */
export function requestedCall(
  data: UnknownRecord,
  callId: string,
  agent: UnknownRecord | undefined,
): ToolCallStart | undefined {
  const [completion] = ownItems(ownValue(data, 'output'));
  const [choice] = ownItems(ownValue(completion, 'choices'));
  const calls = [
    ...ownItems(ownValue(ownValue(data, '_response'), 'output')),
    ...ownItems(ownValue(ownValue(choice, 'message'), 'tool_calls')),
  ];
  for (const call of calls) {
    const details = ownValue(call, 'function') ?? call;
    if ((ownValue(call, 'call_id') ?? ownValue(call, 'id')) !== callId) continue;
    const toolCall = { callId, name: ownValue(details, 'name'), arguments: ownValue(details, 'arguments') };
    return readToolCallStart(toolOf(agent, toolCall), { toolCall });
  }
  return undefined;
}

function toolOf(agent: unknown, toolCall: unknown): unknown {
  const name = ownValue(toolCall, 'name');
  return ownItems(memberValue(agent, 'tools')).find((tool) => memberValue(tool, 'name') === name);
}

export function readToolCallStart(tool: unknown, hookDetails: unknown): ToolCallStart {
  const toolCall = ownValue(hookDetails, 'toolCall');
  return toolCallStart(ownValue(toolCall, 'arguments'), {
    callId: asNonEmptyString(ownValue(toolCall, 'callId')),
    description: asNonEmptyString(memberValue(tool, 'description')),
    toolType: asNonEmptyString(memberValue(tool, 'type')),
  });
}

/** The MCP request that a step of the SDK makes, by the type of its span. */
const METHOD_BY_TYPE: ReadonlyMap<unknown, string> = new Map([
  ['function', METHOD_TOOLS_CALL],
  ['mcp_tools', METHOD_TOOLS_LIST],
]);

/** The OpenTelemetry span of a step, which may not have started yet. */
interface StepSpan {
  readonly startedSpan: Span | undefined;
  ensureStarted(): Span | undefined;
}

/** The part of a bridged span that is specific to an MCP request: a tool's call, or an agent's list of tools. */
export class McpStep implements McpSpanSlot {
  /** The request that has joined the span. */
  call: McpCallStart | undefined;
  /** How the newest request of the step ended. */
  end: McpCallEnd | undefined;

  readonly #data: UnknownRecord;
  readonly #span: StepSpan;

  /** @returns `undefined` if a span of this type never makes an MCP request. */
  static of(data: UnknownRecord, span: StepSpan): McpStep | undefined {
    return METHOD_BY_TYPE.has(data.type) ? new McpStep(data, span) : undefined;
  }

  private constructor(data: UnknownRecord, span: StepSpan) {
    this.#data = data;
    this.#span = span;
  }

  /** Whether a request may join: a tool is marked as an MCP server's before the server is asked (`mcp_data`, 0.3.9 to 0.20.0). */
  get offered(): boolean {
    return this.#data.type !== 'function' || asRecord(this.#data.mcp_data) !== undefined;
  }

  get serverName(): string | undefined {
    const { type, server, mcp_data } = this.#data;
    return readServerLabel(type === 'function' ? asRecord(mcp_data)?.server : server);
  }

  join(start: McpCallStart): Span | undefined {
    const { type } = this.#data;
    if (this.call !== undefined || start.method !== METHOD_BY_TYPE.get(type)) return undefined;
    // A span that something needed before represents the SDK's own step and not the request.
    if (type === 'mcp_tools' && this.#span.startedSpan !== undefined) return undefined;
    this.call = start;
    return this.#span.ensureStarted()?.setAttributes(start.attributes);
  }

  ended(end: McpCallEnd): void {
    this.end = end;
  }
}
