import * as agents from '@openai/agents';
import { failureOf, pause, readAll, type Situation, type Tools } from './situation.js';
import { toolA } from './tools.js';

const inputGuardrail = (triggered: boolean, options: { runInParallel?: boolean; ms?: number } = {}) => ({
  name: 'in_guard',
  ...(options.runInParallel !== undefined && { runInParallel: options.runInParallel }),
  execute: async () => {
    if (options.ms !== undefined) await pause(options.ms);
    return { tripwireTriggered: triggered, outputInfo: { checked: 'input' } };
  },
});

const outputGuardrail = (triggered: boolean) => ({
  name: 'out_guard',
  execute: async () => ({ tripwireTriggered: triggered, outputInfo: { checked: 'output' } }),
});

const guarded = (guards: {
  inputGuardrails?: agents.InputGuardrail[];
  outputGuardrails?: agents.OutputGuardrail[];
}) => new agents.Agent({ name: 'Main', model: 'says-hi', ...guards });

/** Guardrails of an agent. */
export const guardrails: readonly Situation[] = [
  {
    name: 'guardrail-pass',
    run: async (tools) =>
      (
        await tools
          .runner()
          .run(
            guarded({ inputGuardrails: [inputGuardrail(false)], outputGuardrails: [outputGuardrail(false)] }),
            'hello',
          )
      ).finalOutput,
  },
  {
    name: 'guardrail-input-trip',
    run: (tools) =>
      failureOf(() => tools.runner().run(guarded({ inputGuardrails: [inputGuardrail(true)] }), 'hello')),
  },
  {
    name: 'guardrail-input-trip-blocking',
    run: (tools) =>
      failureOf(() =>
        tools
          .runner()
          .run(guarded({ inputGuardrails: [inputGuardrail(true, { runInParallel: false })] }), 'hello'),
      ),
  },
  {
    name: 'guardrail-input-trip-late',
    // It trips during the model call.
    run: (tools) =>
      failureOf(() =>
        tools
          .runner({ fault: 'slow-first-chunk;ms=80' })
          .run(guarded({ inputGuardrails: [inputGuardrail(true, { ms: 25 })] }), 'hello'),
      ),
  },
  {
    name: 'guardrail-output-trip',
    run: (tools) =>
      failureOf(() => tools.runner().run(guarded({ outputGuardrails: [outputGuardrail(true)] }), 'hello')),
  },
  {
    name: 'guardrail-output-trip-stream',
    run: (tools) =>
      failureOf(async () =>
        readAll(
          await tools
            .runner()
            .run(guarded({ outputGuardrails: [outputGuardrail(true)] }), 'hello', { stream: true }),
        ),
      ),
  },
  {
    name: 'guardrail-throws',
    run: (tools) =>
      failureOf(() =>
        tools.runner().run(
          guarded({
            inputGuardrails: [
              {
                name: 'bad',
                execute: async () => {
                  throw new Error('guard broke');
                },
              },
            ],
          }),
          'hello',
        ),
      ),
  },
  {
    name: 'guardrail-of-runner',
    run: async (tools) =>
      (
        await tools
          .runner({ inputGuardrails: [inputGuardrail(false)], outputGuardrails: [outputGuardrail(false)] })
          .run(guarded({}), 'hello')
      ).finalOutput,
  },
];

type ToolGuards = Pick<
  Parameters<typeof agents.tool>[0] & {
    inputGuardrails: agents.ToolInputGuardrailDefinition[];
    outputGuardrails: agents.ToolOutputGuardrailDefinition[];
  },
  'inputGuardrails' | 'outputGuardrails'
>;

const input = (output: agents.ToolGuardrailFunctionOutput) =>
  agents.defineToolInputGuardrail({ name: 'tig', run: async () => output });
const output = (result: agents.ToolGuardrailFunctionOutput) =>
  agents.defineToolOutputGuardrail({ name: 'tog', run: async () => result });

const { allow, rejectContent, throwException } = agents.ToolGuardrailFunctionOutputFactory;

async function runGuardedTool(tools: Tools, guards: Partial<ToolGuards>): Promise<unknown> {
  const tool = { ...toolA(), ...guards };
  const agent = new agents.Agent({ name: 'Main', model: 'calls-a', tools: [tool] });
  return (await tools.runner().run(agent, 'go')).finalOutput;
}

/** Guardrails of a tool, for which the SDK has no spans. */
export const toolGuardrails: readonly Situation[] = [
  {
    name: 'tool-guardrail-allow',
    run: (tools) =>
      runGuardedTool(tools, {
        inputGuardrails: [input(allow({ checked: 'arguments' }))],
        outputGuardrails: [output(allow({ checked: 'result' }))],
      }),
  },
  {
    name: 'tool-guardrail-reject',
    run: (tools) => runGuardedTool(tools, { inputGuardrails: [input(rejectContent('no way'))] }),
  },
  {
    name: 'tool-guardrail-throw',
    run: (tools) =>
      failureOf(() => runGuardedTool(tools, { inputGuardrails: [input(throwException({ why: 'never' }))] })),
  },
  {
    name: 'tool-guardrail-output-reject',
    run: (tools) => runGuardedTool(tools, { outputGuardrails: [output(rejectContent('not shown'))] }),
  },
  {
    name: 'tool-guardrail-output-throw',
    run: (tools) => failureOf(() => runGuardedTool(tools, { outputGuardrails: [output(throwException())] })),
  },
];
