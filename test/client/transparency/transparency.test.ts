/** An application cannot see whether its client is instrumented: every scenario is the same with and without. */
import { trace } from '@opentelemetry/api';
import * as openai from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clients } from './clients.js';
import { type Compared, type Comparison, type Run, startComparison } from './comparison.js';
import { contexts } from './contexts.js';
import { errors } from './errors.js';
import { CHAT } from './model-api.js';
import { parsing } from './parsing.js';
import { promises } from './promises.js';
import { resources } from './resources.js';
import { retries } from './retries.js';
import type { Scenario } from './scenario.js';
import { shapes } from './shapes.js';
import { streamHelpers } from './stream-helpers.js';
import { streams } from './streams.js';
import { summaryOf, tableOf } from './table.js';
import { toolRuns } from './tool-runs.js';

const THEMES: readonly (readonly [string, readonly Scenario[]])[] = [
  ['promises', promises],
  ['streams', streams],
  ['stream helpers', streamHelpers],
  ['parse()', parsing],
  ['runTools()', toolRuns],
  ['retries', retries],
  ['errors', errors],
  ['shapes', shapes],
  ['clients', clients],
  ['contexts', contexts],
  ['resources', resources],
];

const isThere = (scenario: Scenario) => scenario.needs === undefined || Boolean(scenario.needs(openai));
const leftOut = THEMES.flatMap(([, scenarios]) => scenarios.filter((scenario) => !isThere(scenario)));
const ownCreate = openai.OpenAI.Chat.Completions.prototype.create;

let comparison: Comparison;
let begun = 0;
const compared = new Map<string, Compared>();

beforeAll(async () => {
  comparison = await startComparison();
});
afterAll(async () => {
  if (process.env.PRINT_TABLE === '1') console.log(tableOf(compared));
  console.log(summaryOf(compared, begun, leftOut.length, comparison.sdkVersion()));
  await comparison.stop();
});

describe('The comparison', () => {
  const looking: Scenario = {
    name: 'an application that looks for the active span where no application does',
    spans: 1,
    async run({ newClient }) {
      const found: boolean[] = [];
      const client = newClient({
        fetch: async (...args) => {
          found.push(trace.getActiveSpan() !== undefined);
          return fetch(...args);
        },
      });
      await CHAT.create(client);
      return found;
    },
  };

  it('finds a difference if there is one, and restores the SDK', async () => {
    const { uninstrumented, instrumented } = await comparison.compare(looking);
    expect(uninstrumented).toMatchObject({ observation: { saw: [false] }, spans: [] });
    expect(instrumented).toMatchObject({ observation: { saw: [true] }, spans: ['chat plain'] });
    expect(openai.OpenAI.Chat.Completions.prototype.create).toBe(ownCreate);
  });
});

function expectUnnoticed(run: Run, { uninstrumented }: Compared): void {
  expect(run.observation).toEqual(uninstrumented.observation);
  expect(run.openSpans).toBe(0);
  expect(run.faults).toEqual([]);
}

describe.each(THEMES)('%s', (theme, scenarios) => {
  it.each(scenarios.filter(isThere))('$name', async (scenario) => {
    begun += 1;
    const result = await comparison.compare(scenario);
    compared.set(`${theme}: ${scenario.name}`, result);
    const { uninstrumented, instrumented } = result;
    expectUnnoticed(instrumented, result);
    expect(uninstrumented.spans).toEqual([]);
    if (scenario.spans !== undefined) expect([scenario.spans].flat()).toContain(instrumented.spans.length);
  });
});

/**
 * Runs last, because the hooks of `traceOpenAI()` stay in a class. The SDK refuses a client whose methods differ from
 * those of its class (7.55), so the class is hooked, and it stays hooked as long as there may be a traced client. A
 * replaced member looks like the original in every respect; only code that kept the original function sees another one.
 */
describe.each(THEMES)('%s, with each client traced by traceOpenAI()', (theme, scenarios) => {
  it.each(scenarios.filter(isThere))('$name', async (scenario) => {
    const result = compared.get(`${theme}: ${scenario.name}`) ?? (await comparison.compare(scenario));
    const traced = await comparison.trace(scenario);
    compared.set(`${theme}: ${scenario.name}`, { ...result, traced });
    expectUnnoticed(traced, result);
    const spans = [...result.instrumented.spans].sort();
    if (scenario.hasOtherClients) expect(spans).toEqual(expect.arrayContaining([...traced.spans]));
    else expect([...traced.spans].sort()).toEqual(spans);
  });
});
