/** An application cannot tell whether its client is instrumented: every scenario is the same without and with. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clients } from './clients.js';
import { type Compared, type Comparison, startComparison } from './comparison.js';
import { contexts } from './contexts.js';
import { errors } from './errors.js';
import { parsing } from './parsing.js';
import { promises } from './promises.js';
import { resources } from './resources.js';
import { retries } from './retries.js';
import type { Scenario } from './scenario.js';
import { shapes } from './shapes.js';
import { streamHelpers } from './stream-helpers.js';
import { streams } from './streams.js';
import { toolRuns } from './tool-runs.js';

const THEMES: Readonly<Record<string, readonly Scenario[]>> = {
  promises,
  streams,
  streamHelpers,
  parsing,
  toolRuns,
  retries,
  errors,
  shapes,
  clients,
  contexts,
  resources,
};

let comparison: Comparison;
beforeAll(async () => {
  comparison = await startComparison();
});
afterAll(() => comparison.stop());

const compared = new Map<Scenario, Compared>();

describe.each(Object.entries(THEMES))('%s', (_theme, scenarios) => {
  it.each(scenarios)('$name', async (scenario) => {
    const result = await comparison.compare(scenario);
    compared.set(scenario, result);
    if (process.env.DUMP)
      console.log(
        scenario.name,
        JSON.stringify(
          result.uninstrumented.observation,
          (k, v) => (k === 'requests' ? undefined : v),
          1,
        ).slice(0, 3000),
      );
    expect(result.instrumented.observation).toEqual(result.uninstrumented.observation);
    expect(result.uninstrumented.spans).toEqual([]);
    expect({
      spans: result.instrumented.spans.length,
      open: result.instrumented.openSpans,
      faults: result.instrumented.faults.length,
    }).toEqual({
      spans: scenario.spans ?? result.instrumented.spans.length,
      open: 0,
      faults: scenario.faults ?? 0,
    });
  });
});
