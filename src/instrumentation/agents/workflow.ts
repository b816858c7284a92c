import { type Attributes, type Context, type SpanContext, SpanKind } from '@opentelemetry/api';
import { BoundedMap } from '../../bounded-map.js';
import * as clock from '../../clock.js';
import { toJsonValue } from '../../json/json.js';
import { OwnData } from '../../json/own-data.js';
import * as semconv from '../../semconv/attributes.js';
import { describeFailure, describeSpanError, type Failure, isCallerAbort } from '../../semconv/failure.js';
import { OPERATION_INVOKE_WORKFLOW, spanName } from '../../semconv/operations.js';
import { ConversationContent } from '../../spans/conversation-content.js';
import { recordWorkflow } from '../../spans/metrics/agent-metrics.js';
import type { ModelCallEnd } from '../../spans/model-span-slot.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import { getSessionCalls } from '../../spans/session-calls.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { UsageSum } from '../../spans/usage-sum.js';
import { maskSecrets } from '../../text/mask-secrets.js';
import { STATE_MEMBERS } from './kept-states.js';
import { RunRoot, type RunRootStart } from './run-root.js';
import type { SdkTrace } from './sdk-span.js';

/** The SDK's name for a trace that the application did not name. */
const DEFAULT_WORKFLOW_NAME = 'Agent workflow';

/** The run that a workflow starts with or goes on with. */
export interface WorkflowRun {
  readonly workflowName: string | undefined;
  readonly entryAgentName: string | undefined;
  /** Whether the entry agent has handoffs or agents as tools. */
  readonly isMultiAgent: boolean;
  /** The run whose tool started this one. */
  readonly enclosing: WorkflowRun | undefined;
  /** Metadata of the application; may be anything. */
  readonly traceMetadata: unknown;
  readonly abort: { isAbort(error: unknown): boolean };
  /** The workflow span of the run's first part, if the run resumes a state. */
  readonly continues: SpanContext | undefined;
  /** Publishes the decisions that were made elsewhere while the run waited. */
  reportDecisions(workflow: SpanContext): void;
}

/** A span beneath a workflow. */
interface WorkflowPart {
  /** Ends the span, as the SDK has not ended its own. */
  abandon(reason: string): void;
}

/** Which runs have a workflow span. */
export type WorkflowSpans = 'always' | 'multi-agent';

/** How a run ended. */
interface RunEnd {
  /** Whether the run waits for a person. */
  readonly interrupted: boolean;
  /** Whether the caller gave the run up. */
  readonly cancelled: boolean;
  /** The error with which the run was rejected. */
  readonly error?: unknown;
  /** Whether the run was streamed, so that its spans may end after its result is complete. */
  readonly streamed: boolean;
}

/**
 * One trace of the SDK in one place of the application: a run, or everything inside a `withTrace`. Its span is the
 * workflow span, which starts with the first span beneath it. A run that needs none has a {@link RunRoot} in its place.
 *
 * The SDK reports the end of a trace only sometimes: not if a plain run is rejected, and not if a kept state is
 * resumed (0.3.9 to 0.20.0). So the workflow ends with the trace or with the function that was run in it, whichever
 * end comes first, and never before the last span beneath it. A span that is open when the trace is over is ended as
 * cancelled.
 */
export class Workflow {
  readonly #telemetry: Telemetry;
  readonly #outer: Context;
  readonly #interruptions: Interruptions;
  #recorded: RecordedSpan | undefined;
  #name: string | undefined;
  /** Open spans beneath the workflow, in the order of their start. */
  readonly #openSpans = new Set<WorkflowPart>();
  /** Runs in this trace whose results are still to come; signals about a result belong to the workflow span. */
  readonly #openRuns = new Set<WorkflowRun>();
  readonly #spans: WorkflowSpans;
  /** The roots of open runs without a workflow span. */
  readonly #roots = new Map<WorkflowRun, RunRoot>();
  /** Whether the end of the enclosing function will call {@link traceEnded}. */
  #watched = false;
  #over = false;
  /** Whether the SDK starts and ends no more spans in the trace. */
  #complete = false;
  /** Whether the run waits for a person, with spans that the resumed run will end. */
  #interrupted = false;
  #traceEnded = false;
  #sweeping = false;
  #failure: Failure | undefined;
  #lastCall: Omit<ModelCallEnd, 'content'> | undefined;
  /** The tokens of the calls since the workflow span started. */
  usage = new UsageSum();
  /** The conversation of its run. `undefined` as soon as it has several, which may have nothing to do with each other. */
  #content: ConversationContent | undefined = new ConversationContent();
  #hasRun = false;
  /** Whether the caller gave up the run that ended last. */
  #cancelled = false;
  /** The error with which the caller gave that run up. */
  #abort: unknown;
  readonly #reported = new Set<string>();

  /**
   * @param outer - the application's context around the trace.
   * @param spans - which runs have a workflow span.
   */
  constructor(
    telemetry: Telemetry,
    outer: Context,
    readonly trace: SdkTrace,
    interruptions: Interruptions,
    spans: WorkflowSpans,
  ) {
    this.#telemetry = telemetry;
    this.#outer = outer;
    this.#spans = spans;
    this.#interruptions = interruptions;
  }

  /**
   * Returns the context of the workflow span, which starts if nothing has needed it yet. In a run without one this is the
   * context of the run's root and, while that is not open, the application's.
   *
   * @param startTime - the start of the span beneath it, in milliseconds since the epoch; now if absent.
   */
  context(run: WorkflowRun | undefined, conversationId: string | undefined, startTime?: number): Context {
    const root = this.#recorded === undefined ? this.#rootOf(run) : undefined;
    if (root !== undefined) return root.context;
    if (this.#recorded === undefined) {
      if (!this.#needsSpan(run)) return this.#outer;
      this.#recorded = this.#start(run, conversationId, startTime);
      run?.reportDecisions(this.#recorded.span.spanContext());
    }
    return this.#recorded.context;
  }

  /** @returns the workflow span, or the root of this run; `undefined` unless it is open. */
  spanContext(run: WorkflowRun): SpanContext | undefined {
    return (this.#recorded ?? this.#rootOf(run)?.recorded)?.span.spanContext();
  }

  /**
   * An agent starts directly beneath the workflow.
   *
   * @returns the root of the run, if the agent's span is to be that.
   */
  beginRoot(run: WorkflowRun | undefined): RunRoot | undefined {
    if (run === undefined || this.#recorded !== undefined) return undefined;
    if (this.#rootOf(run) !== undefined || this.#needsSpan(run)) return undefined;
    const root = new RunRoot(this.#outer, this.#describe(run), ({ span }) =>
      run.reportDecisions(span.spanContext()),
    );
    this.#roots.set(run, root);
    return root;
  }

  rootEnded(root: RunRoot): void {
    for (const [run, known] of this.#roots) if (known === root) this.#roots.delete(run);
  }

  #rootOf(run: WorkflowRun | undefined): RunRoot | undefined {
    if (this.#roots.size === 0) return undefined;
    for (let within = run; within !== undefined; within = within.enclosing) {
      const root = this.#roots.get(within);
      if (root !== undefined) return root;
    }
    return undefined;
  }

  /** Whether the workflow is more than a run of one agent, or has a name of its own. */
  #needsSpan(run: WorkflowRun | undefined): boolean {
    if (run === undefined || this.#spans === 'always' || run.isMultiAgent) return true;
    return (chosenName(this.trace.name) ?? chosenName(run.workflowName)) !== undefined;
  }

  spanStarted(span: WorkflowPart): void {
    this.#openSpans.add(span);
  }

  spanEnded(span: WorkflowPart): void {
    this.#openSpans.delete(span);
    this.#endIfOver();
  }

  runStarted(run: WorkflowRun): void {
    if (run.enclosing === undefined) {
      if (this.#hasRun) this.#content = undefined;
      this.#hasRun = true;
    }
    this.#openRuns.add(run);
  }

  /** @param publishOutcome - publishes signals about the result; the workflow span is open while it runs. */
  runSettled(
    run: WorkflowRun,
    publishOutcome: (workflow: SpanContext) => void,
    { interrupted, cancelled, error, streamed }: RunEnd,
  ): void {
    const span = this.spanContext(run);
    if (span !== undefined) {
      this.#telemetry.guard.run("Reading a run's result", () => publishOutcome(span));
      // Up to 0.13 an interruption leaves the agent's span open, for the run that resumes it.
      if (interrupted) {
        this.#interrupted = this.#openSpans.size > 0;
        if (this.#interrupted && this.trace.recorded) this.#interruptions.add(this);
      }
    }
    // A run that the caller gave up may have been followed by another one in the same trace.
    this.#cancelled = cancelled;
    this.#abort = cancelled ? error : undefined;
    if (streamed && this.#over && !this.#traceEnded) this.#complete = false;
    this.#openRuns.delete(run);
    this.#roots.get(run)?.settled({
      failure: error === undefined || cancelled ? undefined : describeFailure(error),
      cancelled,
    });
    this.#endIfOver();
  }

  /** Whether the run has stopped while spans beneath the workflow are still open. */
  get waits(): boolean {
    if (this.#recorded === undefined && this.#roots.size === 0) return false;
    return this.#openSpans.size > 0 && this.#openRuns.size === 0;
  }

  /** A run goes on in this workflow, whose span is open already. */
  resumedBy(run: WorkflowRun | undefined): void {
    this.#interrupted = false;
    const [waiting] = this.#roots;
    if (waiting !== undefined && run !== undefined) {
      const [earlier, root] = waiting;
      this.#roots.delete(earlier);
      this.#roots.set(run, root);
      root.resumed();
    }
    const recorded = this.#recorded ?? waiting?.[1].recorded;
    if (recorded !== undefined) run?.reportDecisions(recorded.span.spanContext());
  }

  /** Returns `true` the first time it is called with this subject. */
  firstReport(subject: string): boolean {
    const { size } = this.#reported;
    return this.#reported.add(subject).size > size;
  }

  /**
   * The newest model call carries facts that the SDK keeps to itself: an error's type, a stream that was given up.
   *
   * @param active - the context of the call; the application may have opened a session within the trace.
   */
  modelCallEnded({ content, ...end }: ModelCallEnd, active: Context): void {
    this.#lastCall = end;
    this.usage.add(end.response?.usage);
    this.#content?.add(content);
    getSessionCalls(active)?.add({ ...end, content });
  }

  /**
   * The SDK's outermost span of a run ended.
   *
   * @param error - the error on it.
   * @param aborted - whether that error is the caller's abort.
   */
  rootSpanEnded(error: unknown, aborted: boolean): void {
    // Until the watched function has settled, the error may still be caught inside it (several runs in one trace).
    if (!error || (this.#watched && !this.#over)) return;
    if (aborted) this.#cancelled = true;
    else this.#failure ??= describeSpanError(error, this.#lastCall?.errorType);
  }

  /** Lets the workflow end with the function that was run in the trace. */
  watch(result: unknown): void {
    if (!(result instanceof Promise)) return;
    this.#watched = true;
    const { guard } = this.#telemetry;
    const ended = () => guard.run('Ending a workflow', () => this.#functionEnded());
    result.then(ended, (error: unknown) => {
      guard.run("Reading a workflow's failure", () => {
        if (this.#isAbort(error)) this.#cancelled = true;
        else this.#failure = describeFailure(error);
      });
      ended();
    });
  }

  #isAbort(error: unknown): boolean {
    if (isCallerAbort(error)) return true;
    if (this.#cancelled && this.#abort !== undefined && this.#abort === error) return true;
    return [...this.#openRuns].some(({ abort }) => abort.isAbort(error));
  }

  #functionEnded(): void {
    this.#over = true;
    this.#complete = true;
    this.#endIfOver();
  }

  /** The SDK ended the trace, after all its spans. */
  traceEnded(): void {
    this.#traceEnded = true;
    this.#functionEnded();
  }

  #start(
    run: WorkflowRun | undefined,
    conversationId: string | undefined,
    startTime: number | undefined,
  ): RecordedSpan {
    const { attributes, ...described } = this.#describe(run);
    this.usage = new UsageSum();
    this.#name = chosenName(this.trace.name) ?? chosenName(run?.workflowName) ?? run?.entryAgentName;
    return RecordedSpan.start(
      this.#telemetry,
      {
        name: spanName(OPERATION_INVOKE_WORKFLOW, this.#name),
        kind: SpanKind.INTERNAL,
        attributes: {
          [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_INVOKE_WORKFLOW,
          [semconv.ATTR_GEN_AI_WORKFLOW_NAME]: this.#name,
          [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
          ...attributes,
        },
        ...described,
        startTime,
      },
      this.#outer,
    );
  }

  #describe(run: WorkflowRun | undefined): RunRootStart {
    const { traceId, recorded, metadata } = this.trace;
    const traceMetadata = readTraceMetadata(metadata ?? run?.traceMetadata);
    return {
      attributes: {
        [semconv.ATTR_OPENAI_AGENTS_TRACE_ID]: recorded ? traceId : undefined,
        ...traceMetadataAttributes(traceMetadata),
      },
      details: traceMetadata && { session: { metadata: { trace_metadata: traceMetadata } } },
      links: run?.continues && [{ context: run.continues }],
    };
  }

  #endIfOver(): void {
    if (this.#openRuns.size > 0 || (this.#watched && !this.#over)) return;
    if (this.#openSpans.size > 0) {
      this.#sweepLater();
      return;
    }
    const recorded = this.#recorded;
    // A span that comes later (a resumed state) starts a new workflow span.
    this.#recorded = undefined;
    if (recorded === undefined) return;
    const failure = this.#failure;
    const duration = recorded.elapsed;
    recorded.span.setAttributes({ ...this.usage.attributes(), ...this.#content?.ofWorkflow });
    this.#content = undefined;
    recorded.end({ failure, cancelled: this.#cancelled || this.#lastCall?.cancelled });
    const { instruments } = this.#telemetry;
    if (instruments !== undefined) {
      recordWorkflow(instruments, { workflowName: this.#name, errorType: failure?.type, duration });
    }
  }

  /** The SDK ends its last spans in the same turn of the event loop as the function that was run in the trace. */
  #sweepLater(): void {
    if (this.#sweeping || !this.#complete || this.#interrupted) return;
    this.#sweeping = true;
    clock.setImmediate(() => {
      this.#sweeping = false;
      if (this.#openRuns.size > 0 || !this.#complete || this.#interrupted) return;
      for (const span of [...this.#openSpans].reverse()) {
        this.#telemetry.guard.run('Ending a span', () => span.abandon('its trace ended before it'));
      }
    });
  }
}

/** Returns the name that the application gave to a trace. */
export function chosenName(name: string | undefined): string | undefined {
  return name === DEFAULT_WORKFLOW_NAME ? undefined : name;
}

/** Bound of the runs that wait for a person with open spans; a run that was forgotten is resumed in a workflow of its own. */
const MAX_WAITING = 1000;

/** Interrupted workflows that are still open, by the SDK's trace id, which a resumed run keeps. */
export class Interruptions {
  readonly #waiting = new BoundedMap<string, Workflow>(MAX_WAITING);

  add(workflow: Workflow): void {
    this.#waiting.set(workflow.trace.traceId, workflow);
  }

  /** Returns the open workflow of this trace to the first caller only: up to 0.13 an interruption leaves the agent's span open. */
  takeWorkflow(traceId: string): Workflow | undefined {
    if (!this.#waiting.get(traceId)?.waits) return undefined;
    return this.#waiting.remove(traceId);
  }
}

// Metadata of a run from the application: `traceMetadata` of a runner, `metadata` of `withTrace`.

const MAX_MEMBERS = 32;
const MAX_NAME_LENGTH = 64;
const MAX_VALUE_LENGTH = 256;
/** Longer than the shown part, so that no credential is cut in half and then missed. */
const READ_LENGTH = 4096;

type WorkflowMetadata = Readonly<Record<string, string | number | boolean>>;

/** Trace metadata is not message content: it stands on the span, within limits and without credentials. */
export function readTraceMetadata(value: unknown): WorkflowMetadata | undefined {
  // A view, which runs no code of the application.
  const members = Object.entries(new OwnData().record(value))
    .filter(([name]) => !STATE_MEMBERS.has(name))
    .slice(0, MAX_MEMBERS);
  const shown = members.flatMap(([name, member]): [string, string | number | boolean][] => {
    const json = toJsonValue(member);
    if (json === null || name === '') return [];
    return [[masked(name, MAX_NAME_LENGTH), typeof json === 'object' ? text(json) : scalar(json)]];
  });
  return shown.length === 0 ? undefined : Object.fromEntries(shown);
}

export function traceMetadataAttributes(metadata: WorkflowMetadata | undefined): Attributes {
  const entries = Object.entries(metadata ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [`${semconv.OPENAI_AGENTS_TRACE_METADATA_PREFIX}${name}`, value]),
  );
}

function scalar(value: string | number | boolean): string | number | boolean {
  return typeof value === 'string' ? masked(value, MAX_VALUE_LENGTH) : value;
}

function text(value: object): string {
  return masked(JSON.stringify(value), MAX_VALUE_LENGTH);
}

function masked(value: string, maxLength: number): string {
  return maskSecrets(value.slice(0, READ_LENGTH)).slice(0, maxLength);
}
