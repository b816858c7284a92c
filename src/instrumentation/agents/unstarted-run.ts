/**
 * A run that fails before the SDK starts its first span: the session's store is down, `sessionInputCallback` throws, the
 * tools cannot be listed. Nothing else tells that the run was asked for.
 */
import { type Context, context, SpanKind } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { asFunction, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import { describeFailure } from '../../semconv/failure.js';
import { OPERATION_INVOKE_WORKFLOW, spanName } from '../../semconv/operations.js';
import { contentPolicy } from '../../spans/content-policy.js';
import { recordWorkflow } from '../../spans/metrics/agent-metrics.js';
import { RecordedSpan, type RecordedSpanStart } from '../../spans/recorded-span.js';
import { getRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { AgentRun } from './agent-run.js';
import { spanMappingOf } from './span-mappings/index.js';
import { chosenName, readTraceMetadata, traceMetadataAttributes, type WorkflowSpans } from './workflow.js';

interface UnstartedRunOptions {
  readonly telemetry: Telemetry;
  readonly workflowSpans: WorkflowSpans;
  /** Whether the run is part of a trace that has begun. */
  readonly inTrace: boolean;
  /** Whether runs are recorded at all while the SDK's tracing is off. */
  readonly recorded: () => boolean;
}

/**
 * Notes the start of a run.
 *
 * @param around - the context in which the run was asked for.
 * @returns a function that records the failed run, if it has no span. It is called before the run ends.
 */
export function unstartedRun(
  around: Context,
  { telemetry, workflowSpans, inTrace, recorded }: UnstartedRunOptions,
): (run: AgentRun, error: unknown) => void {
  const startTime = clock.now();
  const startedTicks = clock.ticks();
  return (run, error) => {
    const { workflow } = run;
    if (workflow?.spanContext(run) !== undefined) return;
    // The workflow span starts now, and ends with the run. It does not if the run needs none.
    workflow?.context(run, getRunSettings(around)?.conversationId, startTime);
    if (workflow?.spanContext(run) !== undefined) return;
    if (getRunSettings(around)?.tracingDisabled || !recorded()) return;
    const single =
      workflowSpans === 'multi-agent' && !run.isMultiAgent && chosenName(run.workflowName) === undefined;
    const isAgent = inTrace || single;
    const start = isAgent ? agentStart(run, telemetry, around) : workflowStart(run, around);
    const cancelled = run.cancelled || run.abort.isAbort(error);
    const failure = cancelled ? undefined : describeFailure(error);
    context.with(around, () => {
      const span = RecordedSpan.start(telemetry, { ...describeRun(run, start), startTime }, around);
      span.end({ failure, cancelled });
    });
    const { instruments } = telemetry;
    if (isAgent || instruments === undefined) return;
    const duration = (clock.ticks() - startedTicks) / 1000;
    recordWorkflow(instruments, { workflowName: nameOf(run), errorType: failure?.type, duration });
  };
}

function nameOf(run: AgentRun): string | undefined {
  return chosenName(run.workflowName) ?? run.entryAgentName;
}

function workflowStart(run: AgentRun, around: Context): RecordedSpanStart {
  const name = nameOf(run);
  return {
    name: spanName(OPERATION_INVOKE_WORKFLOW, name),
    kind: SpanKind.INTERNAL,
    attributes: {
      [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_INVOKE_WORKFLOW,
      [semconv.ATTR_GEN_AI_WORKFLOW_NAME]: name,
      [semconv.ATTR_GEN_AI_CONVERSATION_ID]: getRunSettings(around)?.conversationId,
    },
  };
}

/** The span that the agent would have had. */
function agentStart(run: AgentRun, telemetry: Telemetry, around: Context): RecordedSpanStart {
  const agent = spanMappingOf('agent');
  const started = agent?.start(
    { type: 'agent', name: run.entryAgentName },
    {
      agentName: run.entryAgentName,
      conversationId: getRunSettings(around)?.conversationId,
      run,
      toolCall: undefined,
      content: contentPolicy(telemetry, around),
    },
  );
  return started ?? workflowStart(run, around);
}

/** Adds the facts about the run, which its first span has. */
function describeRun(run: AgentRun, start: RecordedSpanStart): RecordedSpanStart {
  const metadata = readTraceMetadata(run.traceMetadata);
  const { details } = start;
  return {
    ...start,
    attributes: { ...traceMetadataAttributes(metadata), ...start.attributes },
    details: () => ({
      ...(metadata && { session: { metadata: { trace_metadata: metadata } } }),
      ...(typeof details === 'function' ? details() : details),
    }),
    links: run.continues && [{ context: run.continues }],
  };
}

/** Whether the SDK makes traces that record nothing. A trace is made for the answer, and never started. */
export function isTracingOff(agents: UnknownRecord): boolean {
  const provider = asFunction(agents.getGlobalTraceProvider)?.() as { createTrace?: unknown } | undefined;
  const made: unknown = asFunction(provider?.createTrace)?.call(provider, { name: 'unrecorded' });
  const noop = asFunction(agents.NoopTrace);
  return noop !== undefined && made instanceof noop;
}
