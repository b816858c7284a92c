/** Hooks of the SDK's `Runner`: what only a run's arguments and its events tell. */
import { context } from '@opentelemetry/api';
import { toJsonValue } from '../../foreign/json.js';
import { asFunction, asRecord, asText, type ForeignRecord } from '../../foreign/read.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import type { Method } from '../method-patches.js';
import { getRunContext, withRunContext } from '../run-context.js';
import type { Telemetry } from '../telemetry.js';
import { AgentRun, withAgentRun } from './agent-run.js';
import type { RunSpans } from './run-spans.js';
import { readToolCallStart } from './tool-call-start.js';

export interface RunnerHooksOptions {
  readonly telemetry: Telemetry;
  readonly spans: RunSpans;
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
    const runContext = telemetry.guard.run('Preparing a run', () => {
      beforeRun();
      const runner = asRecord(this);
      if (runner !== undefined && !listening.has(runner)) {
        listening.add(runner);
        listen(runner, options);
      }
      const [agent, input, runOptions] = args;
      const active = context.active();
      const enclosing = getRunContext(active);
      const withRun = withRunContext(active, {
        conversationId: asText(asRecord(runOptions)?.conversationId) ?? enclosing?.conversationId,
        contentAllowed:
          (enclosing?.contentAllowed ?? true) &&
          asRecord(runner?.config)?.traceIncludeSensitiveData !== false,
      });
      return withAgentRun(withRun, new AgentRun(agent, input));
    });
    return runContext === undefined
      ? run.apply(this, args)
      : context.with(runContext, () => run.apply(this, args));
  };
}

/** A listener that throws would break the run, so each is guarded. */
function listen(runner: ForeignRecord, { telemetry, spans, getStore }: RunnerHooksOptions): void {
  const on = asFunction(runner.on);
  if (on === undefined) return;
  const { guard } = telemetry;

  on.call(runner, 'agent_tool_start', (_context: unknown, _agent: unknown, tool: unknown, details: unknown) =>
    guard.run('Reading a tool call', () => {
      const span = spans.current(getStore());
      if (span === undefined) return;
      span.toolCall = readToolCallStart(tool, details);
      span.ensureStarted();
    }),
  );

  on.call(runner, 'agent_end', (_context: unknown, _agent: unknown, output: unknown) =>
    guard.run("Reading an agent's output", () => {
      if (!signalsWanted() || getRunContext(context.active())?.contentAllowed === false) return;
      const span = spans.current(getStore())?.agentSpan();
      if (span === undefined) return;
      publishSignal({
        type: 'agent.output',
        span: span.spanContext(),
        time: Date.now(),
        output: toJsonValue(output),
      });
    }),
  );
}
