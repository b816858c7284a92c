/**
 * The tools that `chat.completions.runTools()` runs. The SDK reads the application's tools while it runs, so it gets a
 * view of the request in which the functions are observed. Nothing is put on the application's objects: each read goes
 * to them, as often as without the view, and a function that is replaced later is the one that is called.
 */
import { types } from 'node:util';
import { context, SpanKind } from '@opentelemetry/api';
import { isOwnData, ownItems, ownValue, parseOwnJson } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';
import * as semconv from '../../semconv/attributes.js';
import { describeFailure, isCallerAbort } from '../../semconv/failure.js';
import { OPERATION_EXECUTE_TOOL, spanName, TOOL_TYPE_FUNCTION } from '../../semconv/operations.js';
import { spanContent } from '../../spans/content-attributes.js';
import { type ContentPolicy, contentPolicy, policyOfSpan } from '../../spans/content-policy.js';
import { recordTool } from '../../spans/metrics/agent-metrics.js';
import { RecordedSpan, type RecordedSpanEnd } from '../../spans/recorded-span.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method } from '../patching/method-patches.js';
import { isPlainPromise, observeBeside } from '../patching/promise-observer.js';

/** The calls of one runner that a tool has been run for. */
type TakenCalls = WeakSet<object>;

export function wrapRunTools(runTools: Method, telemetryOf: (client: object) => Telemetry): Method {
  return function (this: unknown, ...args) {
    const client = asRecord(asRecord(this)?._client);
    const [body, ...others] = args;
    if (client === undefined || !isRecord(body)) return runTools.apply(this, args);
    const telemetry = telemetryOf(client);
    return runTools.apply(this, [observedRequest(body, telemetry), ...others]);
  };
}

/**
 * A view of an object in which some members are replaced when they are read. Its target is an object of its own, since a
 * Proxy must show the members of its target that cannot change as they are, such as those of the SDK's helpers.
 */
function viewOf(original: object, members: Readonly<Record<string, (value: unknown) => unknown>>): object {
  return new Proxy(
    {},
    {
      get(_target, key) {
        const value: unknown = Reflect.get(original, key, original);
        const replace = typeof key === 'string' && Object.hasOwn(members, key) ? members[key] : undefined;
        return replace === undefined ? value : replace(value);
      },
      set: (_target, key, value) => Reflect.set(original, key, value),
      has: (_target, key) => Reflect.has(original, key),
      ownKeys: () => Reflect.ownKeys(original),
      getPrototypeOf: () => Reflect.getPrototypeOf(original),
      getOwnPropertyDescriptor(_target, key) {
        const descriptor = Reflect.getOwnPropertyDescriptor(original, key);
        return descriptor && { ...descriptor, configurable: true };
      },
    },
  );
}

function observedRequest(body: object, telemetry: Telemetry): object {
  const taken: TakenCalls = new WeakSet();
  const observeTool = (tool: unknown) => (mayBeFunction(tool) ? observedTool(tool, telemetry, taken) : tool);
  return viewOf(body, {
    tools: (tools) => (isPlainList(tools) ? ownItems(tools).map(observeTool) : tools),
  });
}

/** Whether a copy of the list is as good as the list: the SDK's reading of it runs no code of the application. */
function isPlainList(value: unknown): value is unknown[] {
  return (
    !types.isProxy(value) &&
    Array.isArray(value) &&
    Object.getPrototypeOf(value) === Array.prototype &&
    !Object.hasOwn(value, 'map') &&
    Array.from({ length: value.length }).every((_, index) => isOwnData(value, String(index)))
  );
}

/** Tools of other types are sent as they are. */
function mayBeFunction(tool: unknown): tool is UnknownRecord {
  const type = ownValue(tool, 'type');
  return isRecord(tool) && (type === undefined || type === TOOL_TYPE_FUNCTION);
}

/** A tool is `{ function: { function, parse, name … } }`, or one of the SDK's helpers with the function in `$callback`. */
function observedTool(tool: object, telemetry: Telemetry, taken: TakenCalls): object {
  // The SDK reads the name before it calls the model, and a getter may give it.
  let name: unknown;
  const observe = (receiver: object) => (value: unknown) => {
    if (typeof value !== 'function') return value;
    const method = value as Method;
    return observedFunction(method, receiver, () => toolName(name, method), telemetry, taken);
  };
  const noteName = (value: unknown) => {
    name = value;
    return value;
  };
  return viewOf(tool, {
    $callback: observe(tool),
    function: (definition) =>
      isRecord(definition)
        ? viewOf(definition, {
            name: noteName,
            function: observe(definition),
            parse: boundTo(definition),
          })
        : definition,
  });
}

/** The name of the tool or, as for the SDK, that of its function. */
function toolName(name: unknown, method: Method): string | undefined {
  const named = asNonEmptyString(name);
  if (named !== undefined || types.isProxy(method)) return named;
  return asNonEmptyString(Object.getOwnPropertyDescriptor(method, 'name')?.value);
}

/** A method that the SDK calls on a view gets the application's object as its `this`. */
function boundTo(receiver: object): (value: unknown) => unknown {
  return (value) =>
    typeof value === 'function'
      ? new Proxy(value, { apply: (method, _view, args: unknown[]) => Reflect.apply(method, receiver, args) })
      : value;
}

function observedFunction(
  method: Method,
  receiver: object,
  name: () => string | undefined,
  telemetry: Telemetry,
  taken: TakenCalls,
): Method {
  const { guard } = telemetry;
  return new Proxy(method, {
    apply(_method, view: unknown, args: unknown[]) {
      // The SDK's own conversion of a helper's tool calls `$callback` on an object of the SDK.
      const self = types.isProxy(view) ? receiver : view;
      const execution = guard.run('Starting a tool', () => {
        return new ToolExecution(telemetry, name(), takeCall(args[1], name(), taken));
      });
      if (execution === undefined) return Reflect.apply(method, self, args);
      const end = (outcome: RecordedSpanEnd, result?: unknown) =>
        guard.run('Ending a tool', () => execution.end(outcome, result));
      const failed = (error: unknown) =>
        end(isCallerAbort(error) ? { cancelled: true } : { failure: describeFailure(error) });
      try {
        const returned = context.with(execution.context, () => Reflect.apply(method, self, args));
        // The SDK awaits it at once.
        if (types.isPromise(returned) && isPlainPromise(returned)) {
          observeBeside(returned, { resolved: (value) => end({}, value), rejected: failed });
        } else if (types.isPromise(returned) || typeof memberValue(returned, 'then') === 'function') {
          // A promise of another kind can only be observed by calling its own code.
          end({});
        } else end({}, returned);
        return returned;
      } catch (error) {
        failed(error);
        throw error;
      }
    },
  });
}

/** The model's call that is run now: the first one of that name in the newest message that no tool has been run for. */
function takeCall(runner: unknown, name: string | undefined, taken: TakenCalls): UnknownRecord | undefined {
  const messages = ownItems(ownValue(runner, 'messages'));
  const newest = messages.findLast((message) => ownItems(ownValue(message, 'tool_calls')).length > 0);
  const call = ownItems(ownValue(newest, 'tool_calls')).find(
    (candidate) =>
      isRecord(candidate) &&
      !taken.has(candidate) &&
      ownValue(ownValue(candidate, 'function'), 'name') === name,
  );
  if (!isRecord(call)) return undefined;
  taken.add(call);
  return call;
}

/** The span of one tool. */
class ToolExecution {
  readonly context: RecordedSpan['context'];
  readonly #telemetry: Telemetry;
  readonly #name: string | undefined;
  readonly #span: RecordedSpan;
  readonly #content: ContentPolicy;

  constructor(telemetry: Telemetry, name: string | undefined, call: UnknownRecord | undefined) {
    const active = context.active();
    const policy = contentPolicy(telemetry, active);
    const args = policy.wanted ? ownValue(ownValue(call, 'function'), 'arguments') : undefined;
    const input = args === undefined ? undefined : parseOwnJson(args);
    this.#telemetry = telemetry;
    this.#name = name;
    this.#span = RecordedSpan.start(
      telemetry,
      {
        name: spanName(OPERATION_EXECUTE_TOOL, name),
        kind: SpanKind.INTERNAL,
        attributes: {
          [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_EXECUTE_TOOL,
          [semconv.ATTR_GEN_AI_TOOL_NAME]: name,
          [semconv.ATTR_GEN_AI_TOOL_TYPE]: TOOL_TYPE_FUNCTION,
          [semconv.ATTR_GEN_AI_TOOL_CALL_ID]: asNonEmptyString(ownValue(call, 'id')),
          ...(policy.onSpan && spanContent({ [semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: input }, policy)),
        },
        details: input === undefined ? {} : { toolCall: { arguments: input } },
      },
      active,
    );
    this.#content = policyOfSpan(policy, this.#span.span, undefined);
    this.context = this.#span.context;
  }

  end(outcome: RecordedSpanEnd, result: unknown): void {
    if (this.#span.ended) return;
    const output = this.#content.wanted && result !== undefined ? parseOwnJson(result) : undefined;
    if (output !== undefined) {
      this.#span.setContent({ [semconv.ATTR_GEN_AI_TOOL_CALL_RESULT]: output }, this.#content);
      this.#span.publish(() => ({ type: 'tool.result', result: output }));
    }
    if (this.#telemetry.instruments !== undefined) {
      recordTool(this.#telemetry.instruments, {
        toolName: this.#name,
        toolType: TOOL_TYPE_FUNCTION,
        agentName: undefined,
        errorType: outcome.failure?.type,
        duration: this.#span.elapsed,
      });
    }
    this.#span.end(outcome);
  }
}
