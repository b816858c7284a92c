import { asNumber, asRecord, asText } from '../../foreign/read.js';
import { type Failure, failure } from '../failure.js';
import type { ToolGuardrailDecision, ToolGuardrailSource } from './policy-decision.js';
import type { ToolCallStart } from './tool-call-start.js';

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
  const name = asText(record?.name);
  const timeoutMs = asNumber(record?.timeoutMs);
  if (name === undefined || timeoutMs === undefined) return undefined;
  const message = `Tool '${name}' timed out after ${timeoutMs}ms.`;
  return output === message || asText(output)?.endsWith(`: ${message}`) ? message : undefined;
}

/** The call that a person refused, by its id; `undefined` where the error is another one. */
export function refusedCallId(error: unknown): string | undefined {
  const cause = asText(asRecord(asRecord(error)?.data)?.error);
  return cause === undefined ? undefined : REFUSAL.exec(cause)?.[1];
}

export function approvalRejected({ message }: Failure): Failure {
  return { type: ERROR_TYPE_APPROVAL_REJECTED, message };
}
