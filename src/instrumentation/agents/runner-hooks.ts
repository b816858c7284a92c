/** Hooks of the SDK's `Runner`, for what only a run's arguments and events carry. */

import { type Context, context } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { Guard } from '../../diagnostics/guard.js';
import { toJsonValue } from '../../json/json.js';
import { asFunction, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { getRunSettings, withRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { AgentRun, getAgentRun, withAgentRun } from './agent-run.js';
import type { BridgedSpan } from './bridged-span.js';
import { watchAgent, watchRunner } from './run-callbacks.js';
import { asSdkStore, readSdkTrace } from './sdk-span.js';
import { hookSessionStore, knownSessionId } from './session-store-hooks.js';
import type { SpanBridge } from './span-bridge.js';
import { readToolCallStart, timeoutMessage } from './tool-step.js';

interface RunnerHooksOptions {
  readonly telemetry: Telemetry;
  readonly patches: MethodPatches;
  readonly spans: SpanBridge;
  /** Returns the SDK's current store. */
  readonly getStore: () => unknown;
  /** Called before each run. */
  readonly beforeRun: () => void;
}

/** Wraps `Runner.prototype.run(agent, input, options)`. Agents that run as tools go through it too. */
export function wrapRun(run: Method, options: RunnerHooksOptions): Method {
  const { telemetry, beforeRun } = options;
  const listening = new WeakSet<object>();
  return function (this: unknown, ...args) {
    const prepared = telemetry.guard.run('Preparing a run', () => {
      beforeRun();
      const runner = asRecord(this);
      if (runner !== undefined && !listening.has(runner)) {
        listening.add(runner);
        listen(runner, options);
        watchRunner(runner);
      }
      watchAgent(args[0]);
      return prepareRun(runner, args, options);
    });
    if (prepared === undefined) return run.apply(this, args);
    const returned = context.with(withAgentRun(prepared.context, prepared.run), () => run.apply(this, args));
    return returned instanceof Promise ? followRun(returned, prepared.run, telemetry.guard) : returned;
  };
}

interface PreparedRun {
  readonly context: Context;
  readonly run: AgentRun;
}

function prepareRun(
  runner: UnknownRecord | undefined,
  [agent, input, runOptions]: readonly unknown[],
  { telemetry, patches, spans, getStore }: RunnerHooksOptions,
): PreparedRun {
  const active = context.active();
  const enclosing = getRunSettings(active);
  const config = asRecord(runner?.config);
  const options = asRecord(runOptions);
  const session = asRecord(options?.session);
  if (session !== undefined) hookSessionStore(session, patches, telemetry);
  const enclosingTrace = readSdkTrace(asSdkStore(getStore())?.trace);
  const contentAllowed = (enclosing?.contentAllowed ?? true) && config?.traceIncludeSensitiveData !== false;
  const conversationId =
    asNonEmptyString(options?.conversationId) ??
    enclosing?.conversationId ??
    (enclosingTrace === undefined ? asNonEmptyString(config?.groupId) : enclosingTrace.groupId);
  return {
    context: withRunSettings(active, {
      // Looked up on every read: a session kept at the provider has no identifier before the run has read it.
      get conversationId() {
        return conversationId ?? (session && knownSessionId(session));
      },
      contentAllowed,
      tracingDisabled: enclosing?.tracingDisabled || config?.tracingDisabled === true,
    }),
    run: new AgentRun(agent, input, contentAllowed, {
      workflowName: asNonEmptyString(config?.workflowName),
      modelSettings: asRecord(config?.modelSettings),
      traceMetadata: config?.traceMetadata,
      callbacks: { guard: telemetry.guard, currentSpan: () => spans.current(getStore()) },
      enclosing: getAgentRun(active),
    }),
  };
}

/** Follows a run to its result; the result of a streamed run is complete when the stream has ended. */
function followRun(returned: Promise<unknown>, run: AgentRun, guard: Guard): Promise<unknown> {
  const settle = () => guard.run("Reading a run's result", () => run.settled());
  return returned.then(
    (result: unknown) => {
      guard.run("Reading a run's result", () => {
        run.resulted(result);
        const completed = asRecord(result)?.completed;
        if (completed instanceof Promise) completed.then(settle, settle);
        else run.settled();
      });
      return result;
    },
    (error: unknown) => {
      guard.run("Reading a run's failure", () => run.failed(error));
      throw error;
    },
  );
}

/** Listens to a runner's events. Each listener is guarded, as one that throws would break the run. */
function listen(runner: UnknownRecord, { telemetry, spans, getStore }: RunnerHooksOptions): void {
  const on = asFunction(runner.on);
  if (on === undefined) return;
  const { guard } = telemetry;

  on.call(
    runner,
    'agent_tool_start',
    (runContext: unknown, _agent: unknown, tool: unknown, details: unknown) =>
      guard.run('Reading a tool call', () => {
        const span = spans.current(getStore());
        if (span === undefined) return;
        if (span.tool !== undefined) {
          getAgentRun(context.active())?.setRunContext(runContext);
          span.tool.call = readToolCallStart(tool, details);
          span.reportStandingDecision(asNonEmptyString(asRecord(tool)?.name));
        }
        span.ensureStarted();
      }),
  );

  on.call(runner, 'agent_tool_end', (_context: unknown, _agent: unknown, tool: unknown, output: unknown) =>
    guard.run("Reading a tool's output", () => {
      const message = timeoutMessage(tool, output);
      if (message !== undefined) spans.current(getStore())?.tool?.timedOut(message);
    }),
  );

  // Watches agents that no other agent names in advance: a handoff's own function created them.
  on.call(runner, 'agent_start', (runContext: unknown, agent: unknown) =>
    guard.run('Watching an agent', () => {
      getAgentRun(context.active())?.setRunContext(runContext);
      watchAgent(agent);
    }),
  );

  on.call(runner, 'agent_end', (_context: unknown, _agent: unknown, output: unknown) =>
    guard.run("Reading an agent's output", () => {
      const current = spans.current(getStore());
      current?.outputGiven();
      publishOutput(current, output);
    }),
  );
}

function publishOutput(current: BridgedSpan | undefined, output: unknown): void {
  if (!signalsWanted()) return;
  const contentAllowed = getRunSettings(context.active())?.contentAllowed !== false;
  const span = current?.agentSpan();
  if (span === undefined) return;
  publishSignal({
    type: 'agent.output',
    span: span.spanContext(),
    time: clock.now(),
    ...(contentAllowed && { output: toJsonValue(output) }),
  });
}
