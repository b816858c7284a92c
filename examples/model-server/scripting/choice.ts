import { invalidRequest } from '../api-error.js';
import { fits } from './condition.js';
import type { PlayableScenario, Scenario, Step } from './scenario.js';
import type { Turn } from './turn.js';

/** Answers a request that no scenario matches. */
export const ECHO: Scenario = {
  id: 'echo',
  description: 'Repeats the last user message.',
  steps: [{ reply: { text: 'You said: {{lastUser}}' } }],
};

/** Chooses by header, else by `metadata.scenario`, else by model name, else the first match, else echo. */
export function chooseScenario(
  scenarios: readonly PlayableScenario[],
  turn: Turn,
  header: string | undefined,
): PlayableScenario {
  const named = header ?? turn.metadata.scenario;
  const byId = (id: string) => scenarios.find((scenario) => scenario.id === id);
  if (named !== undefined) return byId(named) ?? unknownScenario(named, scenarios);
  const chosen =
    byId(turn.model) ??
    scenarios.find((scenario) => scenario.match !== undefined && fits(scenario.match, turn)) ??
    byId(ECHO.id);
  return chosen ?? unknownScenario(ECHO.id, scenarios);
}

function unknownScenario(id: string, scenarios: readonly PlayableScenario[]): never {
  const known = scenarios.map((scenario) => scenario.id).join(', ');
  throw invalidRequest(`There is no scenario "${id}" here; use one of ${known}.`, {
    code: 'unknown_scenario',
  });
}

/** The first step that matches, with its index, under which faults are counted. */
export function chooseStep(scenario: PlayableScenario, turn: Turn): { step: Step; index: number } {
  const index = scenario.steps.findIndex((step) => fits(step.when ?? {}, turn));
  const step = scenario.steps[index];
  if (step) return { step, index };
  const results = turn.toolResults.map((result) => result.name).join(', ') || 'none';
  throw invalidRequest(
    `Scenario "${scenario.id}" has no step for this request (instructions: "${turn.instructions.slice(0, 80)}", ` +
      `last user message: "${turn.lastUser.slice(0, 80)}", tool results: ${results}); ` +
      'add a step whose "when" fits, or one without "when" at the end.',
    { code: 'no_matching_step' },
  );
}
