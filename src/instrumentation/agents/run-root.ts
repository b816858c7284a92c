import type { Attributes, Context, Link } from '@opentelemetry/api';
import type { Failure } from '../../semconv/failure.js';
import type { OfferedDetails } from '../../signals/span-start-details.js';
import type { RecordedSpan, RecordedSpanStart } from '../../spans/recorded-span.js';

/** The part of a workflow span's start that the root of a run without such a span has instead. */
export interface RunRootStart {
  readonly attributes: Attributes;
  readonly details: OfferedDetails | undefined;
  readonly links: Link[] | undefined;
}

/** How the run ended, as far as the end of its root depends on it. */
interface RunRootEnd {
  readonly failure: Failure | undefined;
  readonly cancelled: boolean;
}

/**
 * The agent's span of a run that has no workflow span (`workflowSpans: 'multi-agent'`), in its part of that span: it has
 * the facts about the run, and it fails or is cancelled with the run.
 *
 * Invariant: the span ends once both the SDK has ended its own span and the run has a result, so that it is open for
 * signals about the result. If it is abandoned, it ends at once.
 */
export class RunRoot {
  readonly #outer: Context;
  readonly #start: RunRootStart;
  readonly #begun: (recorded: RecordedSpan) => void;
  #recorded: RecordedSpan | undefined;
  #end: RunRootEnd | undefined;
  /** Ends the span; set while the span waits for the run. */
  #close: (() => void) | undefined;

  /**
   * @param outer - the application's context around the run.
   * @param begun - called when the span has started.
   */
  constructor(outer: Context, start: RunRootStart, begun: (recorded: RecordedSpan) => void) {
    this.#outer = outer;
    this.#start = start;
    this.#begun = begun;
  }

  /** The context in which the agent's span is the active one, or in which it starts. */
  get context(): Context {
    return this.#recorded?.context ?? this.#outer;
  }

  get recorded(): RecordedSpan | undefined {
    return this.#recorded;
  }

  /** The end of the run; `undefined` if the run has no result yet. */
  get end(): RunRootEnd | undefined {
    return this.#end;
  }

  /** Adds the start of the run to that of the agent. */
  complete(agent: RecordedSpanStart): RecordedSpanStart {
    const { attributes, details, links } = this.#start;
    return {
      ...agent,
      attributes: { ...attributes, ...agent.attributes },
      details: () => ({ ...made(details), ...made(agent.details) }),
      links,
    };
  }

  begun(recorded: RecordedSpan): void {
    this.#recorded = recorded;
    this.#begun(recorded);
  }

  /**
   * The SDK has ended its span.
   *
   * @returns whether `close` is called later, with the result of the run.
   */
  waits(close: () => void): boolean {
    if (this.#end !== undefined) return false;
    this.#close = close;
    return true;
  }

  /** The run has a result. */
  settled(end: RunRootEnd): void {
    this.#end = end;
    this.closeNow();
  }

  /** The run goes on with the span, which the SDK has not ended: up to 0.13 a resumed run does. */
  resumed(): void {
    this.#end = undefined;
  }

  /** Ends the span, if it waits for the run. */
  closeNow(): void {
    const close = this.#close;
    this.#close = undefined;
    close?.();
  }
}

function made(details: OfferedDetails | undefined) {
  return typeof details === 'function' ? details() : details;
}
