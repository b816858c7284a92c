/**
 * The outcomes of calls that needed an approval, as far as no span of the SDK shows them.
 *
 * The SDK makes a span for a rejected call of a function tool only. A shell, a patch, a computer and a hosted MCP tool
 * have none (0.3.9 to 0.20.0), so a call of theirs that is refused gets one here, when the SDK looks the answer up.
 */
import { type Context, context, trace } from '@opentelemetry/api';
import * as semconv from '../../semconv/attributes.js';
import { failure } from '../../semconv/failure.js';
import { TOOL_TYPE_FUNCTION } from '../../semconv/operations.js';
import { publishFact, signalsWanted } from '../../signals/signal-channel.js';
import { contentPolicy } from '../../spans/content-policy.js';
import { recordTool } from '../../spans/metrics/agent-metrics.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import { getRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import {
  type ApprovableCall,
  approvableCalls,
  calledTool,
  interruptions,
  type ToolCallStart,
} from './approvable-calls.js';
import { functionTool } from './span-mappings/function.js';
import type { PolicyDecisionFact } from './tool-decisions.js';
import { ERROR_TYPE_APPROVAL_REJECTED, NOT_APPROVED } from './tool-step.js';

/** The agent whose call it is. */
interface CallingStep {
  readonly step: { readonly name: string | undefined; readonly totals: { addToolCall(): void } };
  context(): Context;
}

/** The run, as far as its approvals need it. */
interface ApprovingRun {
  readonly contentAllowed: boolean;
  /** Returns the decision that was given in advance; `undefined` if this very call was decided on. */
  standingDecision(
    toolName: string,
    call: ToolCallStart,
    agentName: string | undefined,
  ): PolicyDecisionFact | undefined;
}

/** The approvals of one run. Each call has its outcome recorded once. */
export class ApprovalOutcomes {
  readonly #telemetry: Telemetry;
  readonly #run: ApprovingRun;
  /** Ids of the calls that waited when the run began. */
  readonly #waiting: readonly unknown[];
  /** Ids of the calls that are recorded. */
  readonly #recorded: Set<unknown>;

  /** @param origin - the state with which the run began, or another input. */
  constructor(telemetry: Telemetry, run: ApprovingRun, origin: unknown) {
    this.#telemetry = telemetry;
    this.#run = run;
    this.#waiting = interruptions(origin).map((item) => calledTool(item)?.id);
    // Requests of a hosted server that an earlier run has answered; the SDK looks their answers up again.
    const requests = approvableCalls(origin).filter(({ hosted }) => hosted !== undefined);
    const ids = requests.map(({ start }) => start.callId);
    this.#recorded = new Set(ids.filter((id) => !this.#waiting.includes(id)));
  }

  /** Whether an earlier run has asked about this call. */
  wasAsked(callId: unknown): boolean {
    return this.#waiting.includes(callId);
  }

  /** The SDK has looked up the answer about a call. */
  resolved(call: ApprovableCall, approved: boolean, agent: CallingStep): void {
    const { callId } = call.start;
    // The SDK makes the span of an approved call that it runs itself, which shows a standing answer as well.
    if (callId === undefined || (approved && call.hosted === undefined)) return;
    if (this.#recorded.has(callId)) return;
    this.#recorded.add(callId);
    this.#publishStandingDecision(call, agent);
    if (!approved) this.#recordRefusal(call, agent);
  }

  #publishStandingDecision({ toolName, start }: ApprovableCall, agent: CallingStep): void {
    if (!signalsWanted()) return;
    const fact = this.#run.standingDecision(toolName, start, agent.step.name);
    const span = trace.getSpan(agent.context())?.spanContext();
    if (fact !== undefined && span !== undefined) publishFact(fact, span, this.#run.contentAllowed);
  }

  #recordRefusal({ toolName, start, hosted }: ApprovableCall, agent: CallingStep): void {
    const { step } = agent;
    const active = context.active();
    const { attributes, ...mapped } = functionTool.start(
      { name: toolName },
      {
        agentName: step.name,
        conversationId: getRunSettings(active)?.conversationId,
        run: undefined,
        toolCall: start,
        content: contentPolicy(this.#telemetry, active),
      },
    );
    const own =
      hosted === undefined
        ? {}
        : {
            // The provider has not made the call.
            [semconv.ATTR_GEN_AI_TOOL_TYPE]: undefined,
            [semconv.ATTR_OPENAI_AGENTS_HOSTED]: true,
            [semconv.ATTR_OPENAI_AGENTS_MCP_SERVER]: hosted.serverName,
            [semconv.ATTR_OPENAI_AGENTS_MCP_SERVER_LABEL]: hosted.serverName,
            [semconv.ATTR_OPENAI_AGENTS_MCP_APPROVAL_REQUEST_ID]: start.callId,
          };
    const recorded = RecordedSpan.start(
      this.#telemetry,
      {
        ...mapped,
        attributes: { ...attributes, ...own },
        details: mapped.details?.(),
      },
      agent.context(),
    );
    recorded.end({ failure: failure(ERROR_TYPE_APPROVAL_REJECTED, undefined, NOT_APPROVED) });
    step.totals.addToolCall();
    const { instruments } = this.#telemetry;
    if (instruments === undefined) return;
    recordTool(instruments, {
      toolName,
      toolType: hosted === undefined ? TOOL_TYPE_FUNCTION : undefined,
      agentName: step.name,
      errorType: ERROR_TYPE_APPROVAL_REJECTED,
      duration: 0,
    });
  }
}
