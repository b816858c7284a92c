/**
 * The model server of `bench/examples.ts`, in a process of its own: with the scenarios of a folder, and a pause before each
 * answer as a model makes it.
 */
import { loadScenarios, startModelServer } from '../examples/model-server/server.js';

const [folder = '', millis = '0'] = process.argv.slice(2);

const pause = { fault: 'slow-first-chunk' as const, ms: Number(millis) };
const scenarios = (await loadScenarios(folder)).map((scenario) => ({
  ...scenario,
  faults: [pause, ...(scenario.faults ?? [])],
}));
const { url } = await startModelServer({ scenarios });
process.send?.({ type: 'ready', url });
process.on('disconnect', () => process.exit());
