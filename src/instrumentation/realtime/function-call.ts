import { type Context, createContextKey, trace } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';
import * as semconv from '../../semconv/attributes.js';
import { type Failure, failure } from '../../semconv/failure.js';
import { TOOL_TYPE_FUNCTION } from '../../semconv/operations.js';
import { policyOfSpan } from '../../spans/content-policy.js';
import { recordTool } from '../../spans/metrics/agent-metrics.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import { PACKAGE_NAME } from '../../version.js';
import { functionTool } from '../agents/span-mappings/function.js';
import { handoff } from '../agents/span-mappings/handoff.js';
import type { MappingContext } from '../agents/span-mappings/span-mapping.js';
import { readToolCallStart } from '../agents/tool-step.js';
import type { AgentExchange } from './agent-exchange.js';
import { type ConnectionScope, mappingContext, recordMappedSpan } from './connection-scope.js';

const CALL_KEY = createContextKey(`${PACKAGE_NAME} realtime call`);

/** The SDK's own words for a call that was rejected. */
const NOT_APPROVED = 'Tool execution was not approved.';

/** The call that is handled in this context. */
export function getFunctionCall(active: Context): FunctionCall | undefined {
  return active.getValue(CALL_KEY) as FunctionCall | undefined;
}

/** A tool that runs, or has run. */
interface ToolRun {
  readonly span: RecordedSpan;
  readonly name: string | undefined;
  readonly mappingContext: MappingContext;
}

/**
 * One function call of the model, from its request until the model has the answer. It can be a tool, a handoff, or a
 * function that does not exist. The session finds out which, and only then a span starts.
 *
 * Invariant: the call is an open operation of its exchange, also while it waits for an approval.
 */
export class FunctionCall {
  readonly id: string;
  /** The context in which the session handles the call: that of the exchange, then that of the tool's span. */
  readonly context: SwitchingContext;

  readonly #scope: ConnectionScope;
  /** The function's name and arguments as the model requested them. */
  readonly #request: UnknownRecord;
  /** Milliseconds since the epoch, and the monotonic clock at that moment. */
  readonly #requestedAt = clock.now();
  readonly #requestedTicks = clock.ticks();
  #exchange: AgentExchange | undefined;
  #waits = false;
  #rejected = false;
  #tool: ToolRun | undefined;

  /** @param request - `{ name, arguments }`, which is copied. */
  constructor(scope: ConnectionScope, exchange: AgentExchange, id: string, request: UnknownRecord) {
    this.id = id;
    this.#scope = scope;
    this.#request = {
      callId: id,
      name: asNonEmptyString(ownValue(request, 'name')),
      ...(scope.content.wanted && { arguments: asNonEmptyString(ownValue(request, 'arguments')) }),
    };
    this.context = new SwitchingContext(exchange.context.setValue(CALL_KEY, this));
    this.#exchange = exchange;
    exchange.openOperation();
  }

  get exchange(): AgentExchange | undefined {
    return this.#exchange;
  }

  get isRunning(): boolean {
    return this.#tool !== undefined && !this.#tool.span.ended;
  }

  /** The call waits for its approval. */
  wait(): void {
    if (this.#waits || this.#exchange === undefined) return;
    this.#waits = true;
    this.#exchange.waitBegan();
  }

  get waits(): boolean {
    return this.#waits;
  }

  /**
   * The call was approved or rejected.
   *
   * @param active - the context of the answer, in which the tool will run.
   */
  resume(active: Context, approved: boolean): void {
    if (!this.#waits) return;
    this.#waits = false;
    this.#exchange?.waitEnded();
    this.#rejected = !approved;
    this.context.current = active.setValue(CALL_KEY, this);
  }

  /** The call turned out to be a tool, whose code runs next. */
  start(tool: unknown, toolCall: unknown): void {
    if (this.#tool !== undefined || this.#exchange === undefined) return;
    const name = asNonEmptyString(memberValue(tool, 'name')) ?? asNonEmptyString(this.#request.name);
    const surroundings = mappingContext(this.#scope, {
      agentName: this.#exchange.agentName,
      toolCall: readToolCallStart(tool, { toolCall }),
    });
    const start = functionTool.start({ name }, surroundings);
    const span = RecordedSpan.start(this.#scope.telemetry, start, this.#exchange.context);
    this.#tool = { span, name, mappingContext: surroundings };
    this.context.current = trace.setSpan(this.context.current, span.span);
  }

  /** @param result - the result of the tool; for a rejected call, the text that the model gets instead. */
  complete(result: unknown): void {
    if (this.#rejected)
      this.#end(undefined, failure(semconv.ERROR_TYPE_OTHER, undefined, NOT_APPROVED), false);
    else this.#end(result, undefined, false);
  }

  /** The tool threw, or the session did before the tool started. */
  fail(reason: Failure): void {
    // The failed call is recorded even if its tool never ran.
    if (!this.isRunning) this.start(undefined, this.#request);
    this.#end(undefined, reason, false);
  }

  /** The end of the call will not be reported any more. */
  abandon(): void {
    this.#end(undefined, undefined, true);
  }

  /** The call turned out to be a handoff, which is complete. */
  handedOff(handoffData: UnknownRecord): void {
    if (this.#exchange === undefined) return;
    recordMappedSpan(this.#scope, handoff, handoffData, this.#exchange.context, {
      startTime: this.#requestedAt,
      endTime: this.#requestedAt + clock.ticks() - this.#requestedTicks,
    });
  }

  /** Closes the operation in the exchange, because the call has ended. */
  leaveExchange(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (this.#waits) exchange?.waitEnded();
    this.#waits = false;
    exchange?.closeOperation();
  }

  #end(result: unknown, reason: Failure | undefined, cancelled: boolean): void {
    if (this.#tool !== undefined && !this.#tool.span.ended) {
      this.#endTool(this.#tool, result, reason, cancelled);
    }
    this.leaveExchange();
  }

  #endTool(tool: ToolRun, result: unknown, reason: Failure | undefined, cancelled: boolean): void {
    const { telemetry } = this.#scope;
    const { span, name, mappingContext: surroundings } = tool;
    const { content } = surroundings;
    const { attributes, toolResult } = functionTool.end(
      { output: result },
      { ...surroundings, content: policyOfSpan(content, span.span, undefined) },
      reason !== undefined,
    );
    span.span.setAttributes(attributes);
    if (toolResult !== undefined) span.publish(() => ({ type: 'tool.result', result: toolResult }));
    this.#exchange?.toolEnded();
    if (telemetry.instruments !== undefined) {
      recordTool(telemetry.instruments, {
        toolName: name,
        toolType: TOOL_TYPE_FUNCTION,
        agentName: surroundings.agentName,
        errorType: reason?.type,
        duration: span.elapsed,
      });
    }
    span.end({ failure: reason, cancelled });
  }
}

/**
 * A context whose content can be replaced while code runs in it. The session starts a tool only after it has begun to
 * handle the call, and from then on the tool's span must be the active one.
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
