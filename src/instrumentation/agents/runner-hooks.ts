/** Hooks of the SDK's `Runner`: what only a run's arguments and its events tell. */
import { type Context, context } from '@opentelemetry/api';
import { toJsonValue } from '../../json/json.js';
import { asFunction, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { getRunSettings, withRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { AgentRun, getAgentRun, withAgentRun } from './agent-run.js';
import { watchAgent, watchRunner } from './run-callbacks.js';
import { asSdkStore, readSdkTrace } from './sdk-span.js';
import { hookSessionStore, knownSessionId } from './session-store-hooks.js';
import type { SpanBridge } from './span-bridge.js';
import { readToolCallStart, timeoutMessage } from './tool-step.js';

interface RunnerHooksOptions {
  readonly telemetry: Telemetry;
  readonly patches: MethodPatches;
  readonly spans: SpanBridge;
  /** The SDK's current store. */
  readonly getStore: () => unknown;
  /** Called before each run. */
  readonly beforeRun: () => void;
}

/** The replacement of `Runner.prototype.run(agent, input, options)`. Agents that are tools run through it, too. */
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
        telemetry.guard.run('Watching a runner', () => watchRunner(runner));
      }
      telemetry.guard.run('Watching an agent', () => watchAgent(args[0]));
      return prepareRun(runner, args, options);
    });
    if (prepared === undefined) return run.apply(this, args);
    const returned = context.with(withAgentRun(prepared.context, prepared.run), () => run.apply(this, args));
    if (!(returned instanceof Promise)) return returned;
    return returned.then(
      (result: unknown) => {
        telemetry.guard.run("Reading a run's result", () => prepared.run.resulted(result, telemetry.guard));
        return result;
      },
      (error: unknown) => {
        telemetry.guard.run("Reading a run's failure", () => prepared.run.failed(error));
        throw error;
      },
    );
  };
}

function prepareRun(
  runner: UnknownRecord | undefined,
  [agent, input, runOptions]: readonly unknown[],
  { telemetry, patches, spans, getStore }: RunnerHooksOptions,
): { context: Context; run: AgentRun } {
  const active = context.active();
  const enclosing = getRunSettings(active);
  const config = asRecord(runner?.config);
  const given = asRecord(runOptions);
  const session = asRecord(given?.session);
  if (session !== undefined) hookSessionStore(session, patches, telemetry);
  const aroundTrace = readSdkTrace(asSdkStore(getStore())?.trace);
  const contentAllowed = (enclosing?.contentAllowed ?? true) && config?.traceIncludeSensitiveData !== false;
  const conversationId =
    asNonEmptyString(given?.conversationId) ??
    enclosing?.conversationId ??
    (aroundTrace === undefined ? asNonEmptyString(config?.groupId) : aroundTrace.groupId);
  return {
    context: withRunSettings(active, {
      // Looked up each time: a session that is kept at the provider has no identifier before the run has read it.
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

/** A listener that throws would break the run, so each is guarded. */
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
          getAgentRun(context.active())?.hasContext(runContext);
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

  // Agents that no other one names beforehand: what a handoff's own function has made.
  on.call(runner, 'agent_start', (runContext: unknown, agent: unknown) =>
    guard.run('Watching an agent', () => {
      getAgentRun(context.active())?.hasContext(runContext);
      watchAgent(agent);
    }),
  );

  on.call(runner, 'agent_end', (_context: unknown, _agent: unknown, output: unknown) =>
    guard.run("Reading an agent's output", () => {
      const current = spans.current(getStore());
      current?.outputGiven();
      if (!signalsWanted()) return;
      const contentAllowed = getRunSettings(context.active())?.contentAllowed !== false;
      const span = current?.agentSpan();
      if (span === undefined) return;
      publishSignal({
        type: 'agent.output',
        span: span.spanContext(),
        time: Date.now(),
        ...(contentAllowed && { output: toJsonValue(output) }),
      });
    }),
  );
}
