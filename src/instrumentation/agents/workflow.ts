import {
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { toJsonValue } from '../../json/json.js';
import { ownMembers } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import {
  describeFailure,
  describeSpanError,
  type Failure,
  isCallerAbort,
  recordFailure,
} from '../../semconv/failure.js';
import { OPERATION_INVOKE_WORKFLOW, spanName } from '../../semconv/operations.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { recordWorkflow } from '../../spans/metrics/agent-metrics.js';
import type { ModelCallEnd } from '../../spans/model-span-slot.js';
import { startSpan, type Telemetry } from '../../spans/telemetry.js';
import { maskSecrets } from '../../text/mask-secrets.js';
import type { AgentRun } from './agent-run.js';
import type { SdkTrace } from './sdk-span.js';

/** The SDK's name for a trace that the application gave none. */
const DEFAULT_WORKFLOW_NAME = 'Agent workflow';

function applicationsName(name: string | undefined): string | undefined {
  return name === DEFAULT_WORKFLOW_NAME ? undefined : name;
}

/** How a run ended. */
interface RunEnd {
  /** It waits for a person. */
  readonly interrupted: boolean;
  /** Its caller gave it up. */
  readonly cancelled: boolean;
}

/**
 * One trace of the SDK in one place of the application: a run, or all that `withTrace` encloses. Its span is the
 * workflow span, which starts with the first span beneath it.
 *
 * The SDK tells the end of a trace only sometimes: not when a plain run is rejected, and not when a kept state is
 * resumed (0.3.9 to 0.20.0). So the workflow ends with the trace, or with the function that was run in it, whichever
 * is told, and never before the last span beneath it.
 */
export class Workflow {
  readonly #telemetry: Telemetry;
  readonly #outer: Context;
  readonly #interruptions: Interruptions;
  #workflow: Span | undefined;
  #workflowName: string | undefined;
  #workflowStartedAt = 0;
  #openSpans = 0;
  /** Runs in this trace whose results are still to come: what they tell belongs to the workflow. */
  #runs = 0;
  /** The enclosing function is watched, so its end will be told. */
  #watched = false;
  #over = false;
  #failure: Failure | undefined;
  #lastCall: ModelCallEnd | undefined;
  #cancelled = false;
  readonly #told = new Set<string>();

  /** @param outer - the application's context around the trace. */
  constructor(
    telemetry: Telemetry,
    outer: Context,
    readonly trace: SdkTrace,
    interruptions: Interruptions,
  ) {
    this.#telemetry = telemetry;
    this.#outer = outer;
    this.#interruptions = interruptions;
  }

  /** A run's result is to come. */
  runBegan(): void {
    this.#runs += 1;
  }

  /** Its run has stopped, and spans beneath it go on. */
  get waits(): boolean {
    return this.#workflow !== undefined && this.#openSpans > 0 && this.#runs === 0;
  }

  /** A run goes on with the workflow that stands already. */
  resumedBy(run: AgentRun | undefined): void {
    if (this.#workflow !== undefined) run?.reportDecisions(this.#workflow.spanContext());
  }

  /** @param tell - says what the result says; the workflow span goes on for as long. */
  runSettled(tell: (workflow: SpanContext) => void, { interrupted, cancelled }: RunEnd): void {
    const workflow = this.#workflow?.spanContext();
    if (workflow !== undefined) {
      tell(workflow);
      if (interrupted && this.trace.recorded) {
        const waiting = this.#openSpans > 0 ? this : undefined;
        this.#interruptions.interrupted(this.trace.traceId, workflow, waiting);
      }
    }
    this.#cancelled ||= cancelled;
    this.#runs -= 1;
    this.#endIfOver();
  }

  /** Whether this is asked for the second time. */
  hasReported(what: string): boolean {
    const told = this.#told.has(what);
    this.#told.add(what);
    return told;
  }

  /** The workflow span, started now if this is the first that needs it. */
  context(run: AgentRun | undefined, conversationId: string | undefined): Context {
    if (this.#workflow === undefined) {
      this.#workflow = this.#startWorkflow(run, conversationId);
      run?.reportDecisions(this.#workflow.spanContext());
    }
    return trace.setSpan(this.#outer, this.#workflow);
  }

  spanStarted(): void {
    this.#openSpans += 1;
  }

  spanEnded(): void {
    this.#openSpans -= 1;
    this.#endIfOver();
  }

  /** The newest model call says what the SDK keeps to itself: the error's type, a stream that was given up. */
  modelCallEnded(end: ModelCallEnd): void {
    this.#lastCall = end;
  }

  /** The SDK's span for a whole run ended; `error` is what it carries. */
  runEnded(error: unknown): void {
    // Before the watched function has settled the error may still be caught inside it (several runs in one trace).
    if (error && (this.#over || !this.#watched)) {
      this.#failure ??= describeSpanError(error, this.#lastCall?.errorType);
    }
  }

  /** Ends the workflow with the function that was run in the trace. */
  watch(result: unknown): void {
    if (!(result instanceof Promise)) return;
    this.#watched = true;
    result.then(
      () => this.traceEnded(),
      (error: unknown) => {
        if (!isCallerAbort(error)) this.#failure = describeFailure(error);
        this.traceEnded();
      },
    );
  }

  traceEnded(): void {
    this.#over = true;
    this.#endIfOver();
  }

  #startWorkflow(run: AgentRun | undefined, conversationId: string | undefined): Span {
    const { name } = this.trace;
    const workflowName =
      name === undefined || name === DEFAULT_WORKFLOW_NAME
        ? (applicationsName(run?.workflowName) ?? run?.entryAgentName)
        : name;
    this.#workflowName = workflowName;
    this.#workflowStartedAt = performance.now();
    const metadata = readTraceMetadata(this.trace.metadata ?? run?.traceMetadata);
    const continued = this.#interruptions.resumed(this.trace.traceId);
    return startSpan(
      this.#telemetry,
      spanName(OPERATION_INVOKE_WORKFLOW, workflowName),
      {
        kind: SpanKind.INTERNAL,
        ...(continued !== undefined && { links: [{ context: continued }] }),
        attributes: {
          [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_INVOKE_WORKFLOW,
          [semconv.ATTR_GEN_AI_WORKFLOW_NAME]: workflowName,
          [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
          [semconv.ATTR_OPENAI_AGENTS_TRACE_ID]: this.trace.recorded ? this.trace.traceId : undefined,
          ...traceMetadataAttributes(metadata),
        },
      },
      metadata === undefined
        ? this.#outer
        : withSpanStartDetails(this.#outer, { session: { metadata: { trace_metadata: metadata } } }),
    );
  }

  #endIfOver(): void {
    if (this.#openSpans > 0 || this.#runs > 0 || (this.#watched && !this.#over)) return;
    const workflow = this.#workflow;
    // A span that comes later (a resumed state) starts a workflow of its own.
    this.#workflow = undefined;
    if (workflow === undefined) return;
    if (this.#failure !== undefined) {
      recordFailure(workflow, this.#failure);
    } else if (this.#cancelled || this.#lastCall?.cancelled) {
      workflow.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
    }
    const { instruments } = this.#telemetry;
    if (instruments !== undefined) {
      recordWorkflow(instruments, {
        workflowName: this.#workflowName,
        errorType: this.#failure?.type,
        duration: (performance.now() - this.#workflowStartedAt) / 1000,
      });
    }
    workflow.end();
  }
}

/** Runs that wait for a person; beyond it the oldest is forgotten, and a resume of it has no link. */
const MAX_WAITING = 1000;

interface Waiting {
  readonly workflow: SpanContext;
  /** Where spans of it are still open. */
  readonly scope: Workflow | undefined;
}

/**
 * Workflows that were interrupted, by the SDK's trace id, which a resumed run keeps: so that its workflow can be
 * linked to the one that it continues. Only within this process; in another one the trace id alone connects them.
 */
export class Interruptions {
  readonly #waiting = new Map<string, Waiting>();

  interrupted(traceId: string, workflow: SpanContext, scope: Workflow | undefined): void {
    this.#waiting.delete(traceId);
    this.#waiting.set(traceId, { workflow, scope });
    if (this.#waiting.size <= MAX_WAITING) return;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
  }

  /** The workflow that this one continues, once. */
  resumed(traceId: string): SpanContext | undefined {
    const workflow = this.#waiting.get(traceId)?.workflow;
    this.#waiting.delete(traceId);
    return workflow;
  }

  /** The scope that this trace goes on in, once: up to 0.13 an interruption leaves the agent's span open. */
  takeWaiting(traceId: string): Workflow | undefined {
    const scope = this.#waiting.get(traceId)?.scope;
    if (!scope?.waits) return undefined;
    this.#waiting.delete(traceId);
    return scope;
  }
}

/** What an application says of a run itself: `traceMetadata` of a runner, `metadata` of `withTrace`. */

/** It may be anything, and any amount of it. */
const MAX_MEMBERS = 32;
const MAX_NAME_LENGTH = 64;
const MAX_VALUE_LENGTH = 256;
/** More than is shown, so that no credential is cut and then missed. */
const READ_LENGTH = 4096;

type WorkflowMetadata = Readonly<Record<string, string | number | boolean>>;

/** What is given for a trace is no message content: it is shown where the trace is, within limits, without credentials. */
export function readTraceMetadata(value: unknown): WorkflowMetadata | undefined {
  const members = Object.entries(ownMembers(value)).slice(0, MAX_MEMBERS);
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
