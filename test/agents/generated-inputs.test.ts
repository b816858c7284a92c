/**
 * Runs of an agent with generated objects of the application: each is read as often, and the run ends as, without us. All
 * runs are made twice with the same objects: first bare, then with content on spans and in events.
 */
import * as agents from '@openai/agents';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Kind, kind, made, noting, scalar } from '../harness/generated-objects.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { call, model, output } from './scripted-model.js';

/** The SDK copies the items of an input with `structuredClone()`, which refuses the other kinds. */
const cloneable = fc.constantFrom<Kind>('plain', 'getter', 'frozen', 'null-prototype', 'class');
const itemKind = fc.oneof({ weight: 9, arbitrary: cloneable }, { weight: 1, arbitrary: kind });

const description = fc.record({
  item: itemKind,
  part: itemKind,
  list: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.boolean()),
  text: fc.string({ maxLength: 12 }),
  /** The arguments of the tool call, as the model writes them. */
  args: fc.oneof(fc.json({ maxDepth: 1 }), fc.string({ maxLength: 12 })),
  result: kind,
  resultMembers: fc.dictionary(fc.string({ maxLength: 6 }), scalar, { maxKeys: 3 }),
  toolFails: fc.boolean(),
  verdict: kind,
  context: kind,
  metadata: kind,
  streamed: fc.boolean(),
});

type Description = typeof description extends fc.Arbitrary<infer Given> ? Given : never;

interface Seen {
  readonly reads: readonly string[];
  readonly toolInputs: readonly string[];
  readonly outcome: string;
}

async function runWith(given: Description): Promise<Seen> {
  const reads: string[] = [];
  const toolInputs: string[] = [];
  const object = (of: Kind, members: Record<string, unknown>) => made(of, members, reads);
  const tool = agents.tool({
    name: 't',
    description: 'd',
    strict: false,
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: true },
    execute: (input) => {
      toolInputs.push(JSON.stringify(input));
      const result = object(given.result, given.resultMembers);
      if (given.toolFails) throw result;
      return result;
    },
  });
  const agent = new agents.Agent({
    name: 'a',
    model: model(call('t', given.args), output('done')),
    tools: [tool],
    inputGuardrails: [
      {
        name: 'g',
        execute: async () =>
          object(given.verdict, { tripwireTriggered: false, outputInfo: given.text }) as never,
      },
    ],
  });
  const part = object(given.part, { type: 'input_text', text: given.text });
  const items = [object(given.item, { role: 'user', content: [part] })];
  const input = (given.list ? noting(items, reads) : items) as agents.AgentInputItem[];
  const runner = new agents.Runner({
    traceMetadata: object(given.metadata, { tenant: given.text }) as Record<string, string>,
  });
  const context = object(given.context, { user: given.text });
  let outcome: string;
  try {
    if (given.streamed) {
      const result = await runner.run(agent, input, { context, stream: true });
      await result.completed;
      outcome = String(result.finalOutput);
    } else outcome = String((await runner.run(agent, input, { context })).finalOutput);
  } catch (error) {
    outcome = String(error);
  }
  return { reads, toolInputs, outcome };
}

const GIVEN = fc.sample(description, { numRuns: 150, seed: 20261129 });
const bare: Seen[] = [];
let harness: Harness;
beforeAll(async () => {
  agents.setTracingDisabled(false);
  agents.setTraceProcessors([]);
  for (const given of GIVEN) bare.push(await runWith(given));
  harness = await startHarness({ instrumentation: { captureMessageContent: 'SPAN_AND_EVENT' } });
}, 60_000);
afterAll(() => harness.stop());

it('Every run of an agent reads the same objects as often, and ends as without us', async () => {
  for (const [index, given] of GIVEN.entries()) {
    expect(await runWith(given), fc.stringify(given)).toEqual(bare[index]);
    harness.reset();
  }
  expect(bare.filter(({ outcome }) => outcome === 'done').length).toBeGreaterThan(GIVEN.length / 2);
}, 60_000);
