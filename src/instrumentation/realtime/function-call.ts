import { type Context, createContextKey, type Span, trace } from '@opentelemetry/api';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import { type Failure, failure, recordFailure } from '../../semconv/failure.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { recordTool } from '../../spans/metrics/agent-metrics.js';
import { startSpan } from '../../spans/telemetry.js';
import { PACKAGE_NAME } from '../../version.js';
import { functionTool, TOOL_TYPE_FUNCTION } from '../agents/span-mappings/function.js';
import { handoff as handoffKind } from '../agents/span-mappings/handoff.js';
import type { MappingContext } from '../agents/span-mappings/span-mapping.js';
import { readToolCallStart } from '../agents/tool-step.js';
import type { AgentExchange } from './agent-exchange.js';
import { type ConnectionScope, surroundings } from './connection-scope.js';

const CALL_KEY = createContextKey(`${PACKAGE_NAME} realtime call`);

/** In the words of the SDK. */
const REFUSED = 'Tool execution was not approved.';

/** The call that is handled in this context. */
export function getFunctionCall(active: Context): FunctionCall | undefined {
  return active.getValue(CALL_KEY) as FunctionCall | undefined;
}

/**
 * One call that the model made of a function, from the moment it was asked for until the model has its answer. It is
 * a tool, a handoff, or nothing that there is; the session finds out, and a span begins with that.
 *
 * It counts for an exchange as long as something goes on: not while it waits for a person.
 */
export class FunctionCall {
  readonly id: string;
  /** In which the session handles the call: at first as in the exchange, with its span once it has one. */
  readonly context: SwitchingContext;

  readonly #scope: ConnectionScope;
  /** As the model asked for it. */
  readonly #asked: UnknownRecord;
  #exchange: AgentExchange | undefined;
  /** When it was asked for, in milliseconds since the epoch; and the monotonic clock at that moment. */
  readonly #askedAt = Date.now();
  readonly #askedTicks = performance.now();
  #startedTicks = 0;
  #refused = false;
  #span: Span | undefined;
  #surroundings: MappingContext | undefined;
  #toolName: string | undefined;

  /** @param asked - `{ name, arguments }`, of which a copy is kept. */
  constructor(scope: ConnectionScope, exchange: AgentExchange, id: string, asked: UnknownRecord) {
    this.id = id;
    this.#scope = scope;
    this.#asked = {
      callId: id,
      name: asNonEmptyString(asked.name),
      ...(scope.content.wanted && { arguments: asNonEmptyString(asked.arguments) }),
    };
    this.context = new SwitchingContext(exchange.context.setValue(CALL_KEY, this));
    this.#exchange = exchange;
    exchange.begin();
  }

  get exchange(): AgentExchange | undefined {
    return this.#exchange;
  }

  get isRunning(): boolean {
    return this.#span !== undefined;
  }

  /** A person is asked whether it may be run. */
  suspend(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.finish();
  }

  /**
   * The person has answered.
   *
   * @param active - the context that the answer came from, in which the tool will run.
   */
  resume(exchange: AgentExchange, active: Context, approved: boolean): void {
    if (this.#exchange !== undefined) return;
    this.#exchange = exchange;
    exchange.begin();
    this.#refused = !approved;
    this.context.current = active.setValue(CALL_KEY, this);
  }

  /** It is a tool, and the tool's code runs next. */
  start(tool: unknown, toolCall: unknown): void {
    if (this.#span !== undefined || this.#exchange === undefined) return;
    const name = asNonEmptyString(asRecord(tool)?.name) ?? asNonEmptyString(this.#asked.name);
    const around = surroundings(this.#scope, {
      agentName: this.#exchange.agentName,
      toolCall: readToolCallStart(tool, { toolCall }),
    });
    const start = functionTool.start({ name }, around);
    this.#toolName = name;
    this.#surroundings = around;
    this.#startedTicks = performance.now();
    const parent = this.#exchange.context;
    this.#span = startSpan(
      this.#scope.telemetry,
      start.name,
      { kind: start.kind, attributes: start.attributes },
      start.details === undefined ? parent : withSpanStartDetails(parent, start.details),
    );
    this.context.current = trace.setSpan(this.context.current, this.#span);
  }

  /** The tool gave this back; of a refused call it is what the model is told instead. */
  complete(result: unknown): void {
    if (this.#refused) this.#end(undefined, failure(semconv.ERROR_TYPE_OTHER, REFUSED), false);
    else this.#end(result, undefined, false);
  }

  /** The tool, or what came before it, threw. */
  fail(reason: Failure): void {
    // It failed before anything began: that it was asked for, and in vain, is all there is to show.
    if (this.#span === undefined) this.start(undefined, this.#asked);
    this.#end(undefined, reason, false);
  }

  /** Nobody waits for it any more. */
  abandon(): void {
    this.#end(undefined, undefined, true);
  }

  /** It was a handoff, which is done. */
  handedOff(from: string | undefined, to: string | undefined): void {
    const parent = this.#exchange?.context;
    if (parent === undefined) return;
    const endTime = this.#askedAt + performance.now() - this.#askedTicks;
    showHandoff(this.#scope, parent, from, to, { startTime: this.#askedAt, endTime });
  }

  /** The model has its answer, and no tool ran for it. */
  close(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.finish();
  }

  #end(result: unknown, reason: Failure | undefined, cancelled: boolean): void {
    const span = this.#span;
    if (span !== undefined && this.#surroundings !== undefined) {
      this.#span = undefined;
      this.#endSpan(span, this.#surroundings, result, reason, cancelled);
    }
    this.close();
  }

  #endSpan(
    span: Span,
    around: MappingContext,
    result: unknown,
    reason: Failure | undefined,
    cancelled: boolean,
  ): void {
    const { telemetry } = this.#scope;
    const end = functionTool.end({ output: result }, around, reason !== undefined);
    span.setAttributes(end.attributes);
    if (end.toolResult !== undefined && signalsWanted()) {
      publishSignal({
        type: 'tool.result',
        span: span.spanContext(),
        time: Date.now(),
        result: end.toolResult,
      });
    }
    if (reason !== undefined) recordFailure(span, reason);
    else if (cancelled) span.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
    this.#exchange?.toolEnded();
    if (telemetry.instruments !== undefined) {
      recordTool(telemetry.instruments, {
        toolName: this.#toolName,
        toolType: TOOL_TYPE_FUNCTION,
        agentName: around.agentName,
        errorType: reason?.type,
        duration: (performance.now() - this.#startedTicks) / 1000,
      });
    }
    span.end();
  }
}

/** @param times - in milliseconds since the epoch; now where they are not given. */
export function showHandoff(
  scope: ConnectionScope,
  parent: Context,
  from: string | undefined,
  to: string | undefined,
  times?: { startTime: number; endTime: number },
): void {
  const data = { from_agent: from, to_agent: to };
  const around = surroundings(scope, {});
  const start = handoffKind.start(data, around);
  const span = startSpan(
    scope.telemetry,
    start.name,
    {
      kind: start.kind,
      attributes: { ...start.attributes, ...handoffKind.end(data, around, false).attributes },
      ...(times !== undefined && { startTime: times.startTime }),
    },
    parent,
  );
  span.end(times?.endTime);
}

/**
 * A context that can be exchanged while code runs in it: the session decides that a tool runs only after it has begun
 * to handle the call, and from then on the tool's span is the active one.
 */
class SwitchingContext implements Context {
  constructor(public current: Context) {}

  getValue(key: symbol): unknown {
    return this.current.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.current.setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.current.deleteValue(key);
  }
}
