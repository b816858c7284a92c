/** Hooks of the SDK's `Runner`, for what only a run's arguments and events carry. */

import { types } from 'node:util';
import { type Context, context, trace } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { Guard } from '../../diagnostics/guard.js';
import { isOwnData, ownItems, ownJson, ownValue } from '../../json/own-data.js';
import { asCount, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';
import { contentSignalsWanted, publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { markCall } from '../../signals/span-start-details.js';
import { getRunSettings, withRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { ListMethod, Method, MethodPatches } from '../patching/method-patches.js';
import { observeBeside } from '../patching/promise-observer.js';
import { prototypeOf } from '../patching/prototypes.js';
import { agentName, rememberAgentTool } from './agent-description.js';
import { AgentRun, getAgentRun, withAgentRun } from './agent-run.js';
import { callIdOf } from './approvable-calls.js';
import type { BridgedSpan } from './bridged-span.js';
import { keptRun } from './kept-states.js';
import { asSdkStore, readSdkTrace } from './sdk-span.js';
import { knownSessionId, observeWrites } from './session-store-hooks.js';
import type { SpanBridge } from './span-bridge.js';
import { readToolCallStart } from './tool-step.js';
import { unstartedRun } from './unstarted-run.js';
import type { WorkflowSpans } from './workflow.js';

interface RunnerHooksOptions {
  readonly telemetry: Telemetry;
  readonly patches: MethodPatches;
  readonly spans: SpanBridge;
  /** Returns the SDK's current store. */
  readonly getStore: () => unknown;
  /** Called before each run. */
  readonly beforeRun: () => void;
  readonly workflowSpans: () => WorkflowSpans;
  /** Whether a run is recorded as the SDK's tracing is now. */
  readonly recordsRuns: () => boolean;
}

/**
 * @param agents - one copy of the SDK.
 * @returns the names of expected members that this version lacks.
 */
export function hookRunner(agents: UnknownRecord, options: RunnerHooksOptions): string[] {
  const { patches, telemetry } = options;
  const runner = prototypeOf(agents.Runner);
  if (runner === undefined) return ['Runner'];
  const missing: string[] = [];
  if (patches.apply(runner, 'run', (run) => wrapRun(run, options)) === 'missing') {
    missing.push('Runner.prototype.run');
  }
  if (patches.applyList(runner, 'emit', (emit) => wrapEmit(emit, options)) === 'missing') {
    missing.push('Runner.prototype.emit');
  }
  const state = prototypeOf(agents.RunState);
  const followed =
    state && patches.apply(state, 'setCurrentAgentSpan', (set) => wrapSetAgentSpan(set, telemetry.guard));
  if (followed === undefined || followed === 'missing')
    missing.push('RunState.prototype.setCurrentAgentSpan');
  hookUsage(agents, options);
  const agent = prototypeOf(agents.Agent);
  if (agent !== undefined) {
    patches.apply(agent, 'getPrompt', (getPrompt) => wrapGetPrompt(getPrompt, telemetry.guard));
    patches.apply(agent, 'asTool', (asTool) => wrapAsTool(asTool, telemetry.guard));
  }
  return missing;
}

/** Wraps `Runner.prototype.run(agent, input, options)`. Agents that run as tools go through it too. */
function wrapRun(run: Method, options: RunnerHooksOptions): Method {
  const { telemetry, beforeRun } = options;
  return function (this: unknown, ...args) {
    const prepared = telemetry.guard.run('Preparing a run', () => {
      beforeRun();
      return prepareRun(asRecord(this), args, options);
    });
    if (prepared === undefined) return run.apply(this, args);
    const returned = context.with(withAgentRun(prepared.context, prepared.run), () =>
      run.apply(this, prepared.args),
    );
    return returned instanceof Promise ? followRun(returned, prepared, telemetry.guard) : returned;
  };
}

/**
 * Wraps a method of the run's state that the SDK calls each time an agent's span becomes the current one, which is
 * before the agent's model and tools run (0.3.9 to 0.20.0).
 */
function wrapSetAgentSpan(setAgentSpan: Method, guard: Guard): Method {
  return function (this: unknown, ...args) {
    const result = setAgentSpan.apply(this, args);
    if (args[0] !== undefined) {
      guard.run("Reading a run's state", () => getAgentRun(context.active())?.follow(this));
    }
    return result;
  };
}

/**
 * Wraps the method by which the SDK gets an agent's prompt, the last step before it calls the model (0.3.9 to 0.20.0). It
 * runs no code of the application after the prompt but the filter of the model's input.
 */
function wrapGetPrompt(getPrompt: Method, guard: Guard): Method {
  return function (this: unknown, ...args) {
    const result = getPrompt.apply(this, args);
    if (types.isPromise(result)) {
      const expected = () =>
        guard.run('Expecting a model call', () => getAgentRun(context.active())?.modelCallExpected());
      // The SDK awaits the promise.
      observeBeside(result, { resolved: expected, rejected: () => {} });
    }
    return result;
  };
}

/** Wraps the method that makes a tool of an agent, which says nowhere that it runs one (0.3.9 to 0.20.0). */
function wrapAsTool(asTool: Method, guard: Guard): Method {
  return function (this: unknown, ...args) {
    const tool = asTool.apply(this, args);
    guard.run('Reading a tool', () => rememberAgentTool(tool));
    return tool;
  };
}

interface PreparedRun {
  /** Arguments of the call to the SDK. */
  readonly args: unknown[];
  readonly context: Context;
  readonly run: AgentRun;
  /** Records the run, which failed with this error, if it has no span. */
  readonly recordUnstarted: (run: AgentRun, error: unknown) => void;
}

function prepareRun(
  runner: UnknownRecord | undefined,
  args: readonly unknown[],
  { telemetry, spans, getStore, workflowSpans, recordsRuns }: RunnerHooksOptions,
): PreparedRun {
  const [agent, input, runOptions] = args;
  const active = context.active();
  const enclosing = getRunSettings(active);
  const config = ownValue(runner, 'config');
  const isReadable = config !== undefined || !('config' in (runner ?? {}));
  const session = asRecord(ownValue(runOptions, 'session'));
  const enclosingTrace = readSdkTrace(asSdkStore(getStore())?.trace);
  const contentAllowed = (enclosing?.contentAllowed ?? true) && isReadable && allowsContent(config);
  const conversationId =
    asNonEmptyString(ownValue(runOptions, 'conversationId')) ??
    enclosing?.conversationId ??
    (enclosingTrace === undefined ? asNonEmptyString(ownValue(config, 'groupId')) : enclosingTrace.groupId);
  // A resumed run belongs to the conversation of the run that waited. Its session may not be able to say so in time.
  const waiting = keptRun(input)?.conversationId;
  // Looked up on every read: a session kept at the provider has no identifier before the run has read it.
  const knownConversation = () => conversationId ?? (session && knownSessionId(session)) ?? waiting;
  const around = withRunSettings(markCall(active), {
    get conversationId() {
      return knownConversation();
    },
    contentAllowed,
    tracingDisabled: enclosing?.tracingDisabled || ownValue(config, 'tracingDisabled') === true,
  });
  return {
    args:
      session === undefined
        ? [...args]
        : [agent, input, observeWrites(runOptions, session, telemetry), ...args.slice(3)],
    context: around,
    run: new AgentRun(agent, input, contentAllowed, {
      workflowName: asNonEmptyString(ownValue(config, 'workflowName')),
      modelSettings: ownValue(config, 'modelSettings'),
      traceMetadata: ownValue(config, 'traceMetadata'),
      environment: { telemetry, currentSpan: () => spans.current(getStore()) },
      signal: ownValue(runOptions, 'signal'),
      enclosing: getAgentRun(active),
      conversationId: knownConversation,
    }),
    recordUnstarted: unstartedRun(around, {
      telemetry,
      workflowSpans: workflowSpans(),
      inTrace: enclosingTrace !== undefined,
      recorded: recordsRuns,
    }),
  };
}

/** A setting that only a getter of the application has counts as a refusal. */
function allowsContent(config: unknown): boolean {
  if (typeof config !== 'object' || config === null) return config === undefined;
  const name = 'traceIncludeSensitiveData';
  if (types.isProxy(config)) return false;
  return name in config ? isOwnData(config, name) && ownValue(config, name) !== false : true;
}

/** Follows a run to its result; the result of a streamed run is complete when the stream has ended. */
function followRun(
  returned: Promise<unknown>,
  { run, recordUnstarted }: PreparedRun,
  guard: Guard,
): Promise<unknown> {
  const failing = (error: unknown) =>
    guard.run('Recording a run without a span', () => recordUnstarted(run, error));
  const settle = (error?: unknown) => {
    if (error !== undefined) failing(error);
    guard.run("Reading a run's result", () => run.settled(error));
  };
  return returned.then(
    (result: unknown) => {
      const completed = guard.run("Reading a run's result", () => {
        run.resulted(result);
        return asRecord(result)?.completed;
      });
      if (completed instanceof Promise) completed.then(() => settle(), settle);
      else settle();
      return result;
    },
    (error: unknown) => {
      failing(error);
      guard.run("Reading a run's failure", () => run.failed(error));
      throw error;
    },
  );
}

/** Reads the arguments of an event that a runner emits. The first one of most is the run's context. */
type RunnerEventHandler = (args: readonly unknown[], current: BridgedSpan | undefined) => void;

const RUNNER_EVENTS: ReadonlyMap<unknown, RunnerEventHandler> = new Map<unknown, RunnerEventHandler>([
  [
    'agent_tool_start',
    ([runContext, agent, tool, details], current) => {
      if (current?.tool !== undefined) {
        const run = getAgentRun(context.active());
        const name = asNonEmptyString(memberValue(tool, 'name'));
        run?.setRunContext(runContext);
        current.describeCall(readToolCallStart(tool, details));
        current.reportStandingDecision(name);
        run?.safetyChecks.started(name, agentName(agent), ownValue(details, 'toolCall'));
      }
      current?.ensureStarted();
    },
  ],
  [
    'agent_tool_end',
    ([, , tool, output, details], current) => {
      current?.tool?.ended(tool, output);
      const callId = callIdOf(ownValue(details, 'toolCall'));
      getAgentRun(context.active())?.safetyChecks.ended(callId, () => current?.agentSpan()?.spanContext());
    },
  ],
  ['agent_start', ([runContext]) => getAgentRun(context.active())?.setRunContext(runContext)],
  [
    'agent_end',
    ([, , output], current) => {
      current?.outputGiven();
      publishOutput(current, output);
    },
  ],
]);

/**
 * Wraps the method by which a runner emits its events. A listener of ours would stand before those that the
 * application adds later, and would count as one of them. The listeners have run when the event is read.
 */
function wrapEmit(emit: Method, options: RunnerHooksOptions): ListMethod {
  return (runner, args) => {
    try {
      return Reflect.apply(emit, runner, args);
    } finally {
      const handler = RUNNER_EVENTS.get(args[0]);
      if (handler !== undefined) readEvent(handler, args, options);
    }
  };
}

/** On its own, since most events have no handler, and closures would be made for each. */
function readEvent(
  handler: RunnerEventHandler,
  args: readonly unknown[],
  { telemetry, spans, getStore }: RunnerHooksOptions,
): void {
  telemetry.guard.run('Reading an event of a runner', () =>
    handler(args.slice(1), spans.current(getStore())),
  );
}

function publishOutput(current: BridgedSpan | undefined, output: unknown): void {
  if (!signalsWanted()) return;
  const contentAllowed = getRunSettings(context.active())?.contentAllowed !== false;
  const span = current?.agentSpan();
  if (span === undefined) return;
  const wanted = contentAllowed && contentSignalsWanted();
  const content = wanted ? ownJson(output) : undefined;
  publishSignal({
    type: 'agent.output',
    span: span.spanContext(),
    time: clock.now(),
    ...(content !== undefined && { output: content }),
  });
}

/** Within a run, an answer to an approval is that of a callback which the SDK asked in place of a person. */
export function reportQuestion(item: unknown, runContext: unknown): void {
  const active = context.active();
  const span = trace.getSpan(active)?.spanContext();
  if (span !== undefined) getAgentRun(active)?.approvalAsked(item, runContext, span);
}

// Tokens that the SDK counts for a run beside the answers of its model, such as those of compacting the session's history:
// by the SDK's own session, or by one of the application.

/** The endpoints of model calls that the client's hooks record, in the SDK's words. */
const RECORDED_ENDPOINTS: ReadonlySet<unknown> = new Set(['responses.create', 'chat.completions.create']);

/**
 * Wraps the method by which the SDK adds to a run's usage. One object holds the usage of a run, and it has the method
 * for nothing else.
 *
 * @param agents - one copy of the SDK.
 */
function hookUsage(agents: UnknownRecord, options: RunnerHooksOptions): void {
  const usage = prototypeOf(agents.Usage);
  if (usage !== undefined) options.patches.apply(usage, 'add', (add) => wrapAddUsage(add, options));
}

function wrapAddUsage(add: Method, { telemetry, spans, getStore }: RunnerHooksOptions): Method {
  return function (this: unknown, ...args) {
    const result = add.apply(this, args);
    const run = getAgentRun(context.active());
    if (run !== undefined) {
      telemetry.guard.run("Reading a run's usage", () => {
        const [added] = args;
        const ofModel = run.state?.newestUsage === added;
        if (ownValue(run.runContext, 'usage') !== this || ofModel || !isUnrecorded(added)) return;
        const agent = spans.current(getStore())?.callingAgent;
        const tokens = readUsage(added);
        agent?.step.totals.usage.add(tokens);
        agent?.workflow.usage.add(tokens);
      });
    }
    return result;
  };
}

/**
 * Whether no span of a model call has these tokens in the agent's sum. The SDK says of each request beside a model's
 * answer what it cost (0.8.5 to 0.20.0).
 */
function isUnrecorded(usage: unknown): boolean {
  const requests = ownItems(ownValue(usage, 'requestUsageEntries'));
  return (
    requests.length > 0 && !requests.some((request) => RECORDED_ENDPOINTS.has(ownValue(request, 'endpoint')))
  );
}

function readUsage(usage: unknown) {
  return {
    inputTokens: asCount(ownValue(usage, 'inputTokens')),
    outputTokens: asCount(ownValue(usage, 'outputTokens')),
  };
}
