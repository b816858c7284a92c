/**
 * Observers of the callbacks that the SDK calls: guardrails, handoffs, approvals and timeouts. Their results are on
 * none of the SDK's spans, or come after the span's end.
 */

import { context, trace } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { parseJson, toJsonValue } from '../../json/json.js';
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { publishFact, publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { approvalRequested, toolGuardrailDecision } from './tool-decisions.js';
import { readToolCallStart } from './tool-step.js';
import { type CallbackObserver, watchCallback } from './watched-callback.js';

/** Watches the callbacks of an agent and of all agents that it can hand off to. */
export function watchAgent(agent: unknown, seen: Set<object> = new Set()): void {
  if (!isRecord(agent) || seen.has(agent)) return;
  seen.add(agent);
  for (const guardrail of guardrailsOf(agent)) watchCallback(guardrail, 'execute', agentGuardrail);
  for (const tool of asArray(agent.tools)) {
    for (const guardrail of guardrailsOf(tool)) watchCallback(guardrail, 'run', toolGuardrail);
    watchCallback(tool, 'timeoutErrorFunction', toolTimeout);
    // The first is of a tool that runs in this process, the second of a hosted MCP server.
    watchCallback(tool, 'onApproval', approval);
    watchCallback(asRecord(tool)?.providerData, 'on_approval', approval);
  }
  for (const entry of asArray(agent.handoffs)) {
    watchCallback(entry, 'onInvokeHandoff', handoff);
    watchAgent(asRecord(asRecord(entry)?.agent) ?? entry, seen);
  }
}

/** Watches a runner's own guardrails, which the runner turned into definitions when it was created. */
export function watchRunner(runner: UnknownRecord): void {
  for (const guardrail of [...asArray(runner.inputGuardrailDefs), ...asArray(runner.outputGuardrailDefs)]) {
    watchCallback(guardrail, 'run', agentGuardrail);
  }
}

function guardrailsOf(holder: unknown): readonly unknown[] {
  const { inputGuardrails, outputGuardrails } = asRecord(holder) ?? {};
  return [...asArray(inputGuardrails), ...asArray(outputGuardrails)];
}

const agentGuardrail: CallbackObserver = (run, _holder, [input]) => {
  const span = run.callbacks?.currentSpan();
  if (span?.type !== 'guardrail' || !signalsWanted()) return undefined;
  const side = 'agentOutput' in (asRecord(input) ?? {}) ? 'output' : 'input';
  return (result) => {
    const otelSpan = span.ensureStarted();
    if (otelSpan === undefined) return;
    const answer = asRecord(result);
    // The result of a definition holds the guardrail's own result as its output.
    const info = (asRecord(answer?.output) ?? answer)?.outputInfo;
    publishSignal({
      type: 'guardrail.result',
      span: otelSpan.spanContext(),
      time: clock.now(),
      side,
      ...(run.contentAllowed && info !== undefined && info !== null && { outputInfo: toJsonValue(info) }),
    });
  };
};

const toolGuardrail: CallbackObserver = (run, holder, [input]) => {
  const span = run.callbacks?.currentSpan();
  const args = asRecord(input);
  if (span === undefined || args === undefined) return undefined;
  const toolCall = asRecord(args.toolCall);
  const tool = asArray(asRecord(args.agent)?.tools).find((each) => asRecord(each)?.name === toolCall?.name);
  // A guardrail may run before a person is asked for an approval, and then the tool has no span yet.
  const step = span.tool;
  // The hook that describes the same call runs after its guardrails.
  if (step !== undefined) step.call ??= readToolCallStart(tool, { toolCall });
  const otelSpan = step === undefined ? span.agentSpan() : span.ensureStarted();
  if (otelSpan === undefined) return undefined;
  const source = 'output' in args ? 'tool_output' : 'tool_input';
  return (output) => {
    const decision = toolGuardrailDecision({ guardrail: { name: holder.name }, output }, source, toolCall);
    if (decision === undefined) return;
    step?.decided(decision, source);
    if (!signalsWanted()) return;
    run.toolGuardrailReported(decision.key);
    publishFact(decision.fact, otelSpan.spanContext(), run.contentAllowed);
  };
};

/** The application writes its own message about a tool that took too long. */
const toolTimeout: CallbackObserver = (run, _holder, [, error]) => {
  const message = asNonEmptyString(asRecord(error)?.message);
  if (message !== undefined) run.callbacks?.currentSpan()?.tool?.timedOut(message);
  return undefined;
};

/** The application answers in place of a person, and the run goes on with its answer. */
const approval: CallbackObserver = (run, _holder, [, item]) => {
  const span = trace.getSpan(context.active())?.spanContext();
  const fact = span && signalsWanted() ? approvalRequested(item) : undefined;
  if (span !== undefined && fact !== undefined && run.isFirstRequest(fact)) {
    publishFact(fact, span, run.contentAllowed);
  }
  return undefined;
};

const handoff: CallbackObserver = (run, _holder, [, input]) => {
  const span = run.callbacks?.currentSpan();
  const json = asNonEmptyString(input);
  if (span?.type === 'handoff' && json !== undefined) span.handoffInput = parseJson(json);
  return undefined;
};
