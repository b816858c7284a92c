import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { explainIssue } from '../explain-issue.js';
import { type PlayableScenario, type Scenario, type Step, scenarioSchema } from './scenario.js';

/** Reads every `*.json` of a folder. Throws for the first invalid file, with its name, the place and the fix. */
export async function loadScenarios(folder: string): Promise<Scenario[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const source = `Scenario file ${file}`;
      return checkScenario(parseJson(await readFile(file, 'utf8'), source), source);
    }),
  );
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${source} is not JSON: ${reason}. Fix the syntax at that position.`, { cause: error });
  }
}

/** Checks a scenario. An error message starts with `source`, so that the reader knows where to look. */
export function checkScenario(value: unknown, source: string): Scenario {
  const parsed = z.safeParse(scenarioSchema, value);
  if (parsed.success) return parsed.data;
  throw new Error(`${source}: ${parsed.error.issues.map(explainIssue).join('; ')}.`);
}

/** Resolves `stepsOf`. The first scenario with an id wins, so that a user's scenarios replace the shipped ones. */
export function playable(scenarios: readonly Scenario[]): PlayableScenario[] {
  const byId = new Map<string, Scenario>();
  for (const scenario of scenarios) {
    if (!byId.has(scenario.id)) byId.set(scenario.id, scenario);
  }
  return [...byId.values()].map(({ steps, stepsOf, ...scenario }) => ({
    ...scenario,
    steps: steps ?? borrowedSteps(scenario.id, stepsOf, byId),
  }));
}

function borrowedSteps(id: string, lender: string | undefined, byId: ReadonlyMap<string, Scenario>): Step[] {
  const steps = lender === undefined ? undefined : byId.get(lender)?.steps;
  if (steps) return steps;
  const lenders = [...byId.values()].filter((scenario) => scenario.steps).map((scenario) => scenario.id);
  throw new Error(
    `Scenario ${id}: stepsOf "${lender}" is no scenario with steps of its own; use one of ${lenders.join(', ')}.`,
  );
}
