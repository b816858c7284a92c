import { asRecord, asText } from '../../foreign/read.js';
import { type Failure, failure } from '../failure.js';
import type { ToolGuardrailDecision, ToolGuardrailSource } from './policy-decision.js';
import type { ToolCallStart } from './tool-call-start.js';

/** A person refused the call. */
const ERROR_TYPE_APPROVAL_REJECTED = 'approval_rejected';

/** A guardrail refused the call. */
const ERROR_TYPE_GUARDRAIL_REJECTED = 'guardrail_rejected';

/** The SDK names a call that was refused only in these words (0.3.9 to 0.20.0). */
const REFUSAL = /^Tool execution for (.+) was manually rejected by user\.$/;

/** The part of a run's span that the call of a function tool is. */
export class ToolStep {
  /** Told by the tool's hook or a guardrail, before the tool's code runs. */
  call: ToolCallStart | undefined;

  #inputRejectedBy: string | undefined;
  #outputReplacedBy: string | undefined;

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

  /** Why the tool's code never ran, though the run goes on; its output is then only what the model was told. */
  get refusal(): Failure | undefined {
    const guardrail = this.#inputRejectedBy;
    return guardrail === undefined
      ? undefined
      : failure(ERROR_TYPE_GUARDRAIL_REJECTED, `rejected by guardrail ${guardrail}`);
  }
}

/** The call that a person refused, by its id; `undefined` where the error is another one. */
export function refusedCallId(error: unknown): string | undefined {
  const cause = asText(asRecord(asRecord(error)?.data)?.error);
  return cause === undefined ? undefined : REFUSAL.exec(cause)?.[1];
}

export function approvalRejected({ message }: Failure): Failure {
  return { type: ERROR_TYPE_APPROVAL_REJECTED, message };
}
