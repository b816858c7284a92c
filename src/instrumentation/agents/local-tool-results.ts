/**
 * Results of local tools that say that the tool failed, although the SDK's span has no error: the tool returned, and the
 * model gets its result (0.8.5 to 0.20.0).
 */
import { parseJson } from '../../json/json.js';
import { ownValue } from '../../json/own-data.js';
import { asArray, asInteger, asNonEmptyString, asRecord } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';
import { ERROR_TYPE_TOOL } from '../../semconv/attributes.js';
import { type Failure, failure } from '../../semconv/failure.js';

/** A command, a tool or the work of a tool took too long. */
export const ERROR_TYPE_TIMEOUT = 'timeout';

/** A result of commands is not read beyond this length, because it holds all that they have printed. */
const MAX_OUTPUT_LENGTH = 4_000_000;

/** The types of tools whose result is in what the SDK passes to `agent_tool_end`. */
const READERS: ReadonlyMap<unknown, (output: unknown) => Failure | undefined> = new Map([
  ['shell', shellFailure],
  ['computer', computerFailure],
]);

/**
 * @param tool - the application's tool.
 * @param output - its result, as the SDK describes it to hooks.
 */
export function failureInOutput(tool: unknown, output: unknown): Failure | undefined {
  return READERS.get(memberValue(tool, 'type'))?.(output);
}

/** The first command that took too long, or else the first that failed, stands for all. */
function shellFailure(output: unknown): Failure | undefined {
  if (typeof output !== 'string' || output.length > MAX_OUTPUT_LENGTH) return undefined;
  const outcomes = asArray(parseJson(output)).map((command) => asRecord(asRecord(command)?.outcome));
  if (outcomes.some((outcome) => outcome?.type === 'timeout')) {
    return failure(ERROR_TYPE_TIMEOUT, undefined, 'the command timed out');
  }
  const code = outcomes.map((outcome) => asInteger(outcome?.exitCode)).find((exitCode) => exitCode);
  return code === undefined
    ? undefined
    : failure(`exit_code_${code}`, undefined, `the command exited with ${code}`);
}

/** The SDK itself has no screenshot only if the action failed. */
function computerFailure(output: unknown): Failure | undefined {
  return output === '' ? failure(ERROR_TYPE_TOOL, undefined, 'the action gave no screenshot') : undefined;
}

/** Whether the result of the tool is only in the item that the SDK makes of it. */
export function hasResultInItem(toolType: string | undefined): boolean {
  return toolType === 'apply_patch';
}

/** @param item - the SDK's item for the output of a tool. */
export function failureInItem(item: unknown): Failure | undefined {
  const raw = ownValue(item, 'rawItem');
  if (ownValue(raw, 'type') !== 'apply_patch_call_output' || ownValue(raw, 'status') !== 'failed')
    return undefined;
  const reason = asNonEmptyString(ownValue(raw, 'output'));
  return failure(ERROR_TYPE_TOOL, reason, 'the patch was not applied');
}
