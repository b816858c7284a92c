/** Reads the calls that may need an approval: of functions, shells, patches, computers and hosted MCP tools. */
import type { JsonValue } from '../../json/json.js';
import { ownItems, ownValue, parseOwnJson } from '../../json/own-data.js';
import { asNonEmptyString } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';

/** A tool call as the `agent_tool_start` hook describes it; the SDK's span carries only the tool's name. */
export interface ToolCallStart {
  readonly callId: string | undefined;
  /** `undefined` if the SDK withholds content. */
  readonly arguments: JsonValue | undefined;
  readonly description: string | undefined;
  /** The SDK's type of the tool, such as `shell`. */
  readonly toolType?: string | undefined;
}

/** @param text - the arguments as the SDK keeps them. They are parsed when they are recorded. */
export function toolCallStart(text: unknown, known: Omit<ToolCallStart, 'arguments'>): ToolCallStart {
  let parsed: JsonValue | undefined;
  return {
    ...known,
    get arguments() {
      parsed ??= parseOwnJson(text);
      return parsed;
    },
  };
}

/**
 * Returns the calls that the run in a state waits for (`RunToolApprovalItem`).
 *
 * @param state - a `RunState`, or any other input of a run.
 */
export function interruptions(state: unknown): readonly unknown[] {
  // The same as `getInterruptions()`, which would copy them (0.3.9 to 0.20.0).
  return ownItems(ownValue(ownValue(ownValue(state, '_currentStep'), 'data'), 'interruptions'));
}

/** A tool call that waits for an answer, or got one. */
interface CalledTool {
  /** Name of the tool. */
  readonly name: string;
  /** All names by which the SDK may keep the answer. */
  readonly names: readonly string[];
  /** Id of the call; for a hosted MCP tool, whose call does not exist yet, that of the request for the approval. */
  readonly id: string | undefined;
}

/** @param item - a `RunToolApprovalItem`. */
export function calledTool(item: unknown): CalledTool | undefined {
  const raw = ownValue(item, 'rawItem');
  const names = [ownValue(item, 'toolName'), ownValue(raw, 'name')].flatMap(
    (name) => asNonEmptyString(name) ?? [],
  );
  const [name] = names;
  if (name === undefined) return undefined;
  const id = callIdOf(raw);
  return { name, names: [...new Set(names.flatMap(approvalNames))], id };
}

/** The SDK keeps an answer about one of them for both (0.20.0). */
const COMPUTER_NAMES: readonly string[] = ['computer', 'computer_use_preview'];

/** Returns the names by which the SDK may keep an answer about this tool. */
export function approvalNames(toolName: string): readonly string[] {
  return COMPUTER_NAMES.includes(toolName) ? COMPUTER_NAMES : [toolName];
}

/** A call of a tool that is no function, or the provider's request for one. */
export interface ApprovableCall {
  readonly toolName: string;
  readonly start: ToolCallStart;
  /** Set if the provider runs the tool. */
  readonly hosted: { readonly serverName: string | undefined } | undefined;
}

/** The lists of calls in what the SDK read from a model's answer, and the member that is the tool (0.3.9 to 0.20.0). */
const CALL_LISTS: readonly (readonly [list: string, tool: string])[] = [
  ['shellActions', 'shell'],
  ['applyPatchActions', 'applyPatch'],
  ['computerActions', 'computer'],
];

/**
 * Returns the calls of the newest model answer that may need an approval and are not of a function tool.
 *
 * @param state - the `RunState` of a run, or any other input of a run.
 */
export function approvableCalls(state: unknown): readonly ApprovableCall[] {
  const response = ownValue(state, '_lastProcessedResponse');
  const local = CALL_LISTS.flatMap(([list, tool]) =>
    ownItems(ownValue(response, list)).flatMap((entry) =>
      approvableCall(ownValue(entry, 'toolCall'), memberValue(ownValue(entry, tool), 'name')),
    ),
  );
  const hosted = ownItems(ownValue(response, 'mcpApprovalRequests')).flatMap((entry) => {
    const raw = ownValue(ownValue(entry, 'requestItem'), 'rawItem');
    return approvableCall(raw, ownValue(raw, 'name'), true);
  });
  return [...local, ...hosted];
}

/** @param state - as for {@link approvableCalls}. */
export function approvableCallOf(state: unknown, callId: string): ApprovableCall | undefined {
  return approvableCalls(state).find(({ start }) => start.callId === callId);
}

function approvableCall(raw: unknown, name: unknown, isHosted = false): readonly ApprovableCall[] {
  const toolName = asNonEmptyString(name);
  if (toolName === undefined) return [];
  const start = toolCallStart(argumentsOf(raw), { callId: callIdOf(raw), description: undefined });
  const serverName = asNonEmptyString(ownValue(ownValue(raw, 'providerData'), 'server_label'));
  return [{ toolName, start, hosted: isHosted ? { serverName } : undefined }];
}

/** @param raw - a call, or a request for one. A request that comes back from text has its id in the provider's form. */
export function callIdOf(raw: unknown): string | undefined {
  const data = ownValue(raw, 'providerData');
  const ids = [ownValue(raw, 'callId'), ownValue(raw, 'id'), ownValue(data, 'id')];
  return ids.map(asNonEmptyString).find((id) => id !== undefined);
}

/** The SDK keeps the request of a hosted MCP call in the provider's form. Shell and patch calls have no arguments. */
export function argumentsOf(raw: unknown): unknown {
  return (
    ownValue(raw, 'arguments') ??
    ownValue(raw, 'action') ??
    ownValue(raw, 'operation') ??
    ownValue(ownValue(raw, 'providerData'), 'arguments')
  );
}
