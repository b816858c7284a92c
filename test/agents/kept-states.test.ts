/** States of runs that wait for a person, kept as text or in memory within one process. */
import * as agents from '@openai/agents';
import { context, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { call, model, output } from './scripted-model.js';

const MEMBER = 'openai_agents.traceparent';

/** The metadata of the traces that a trace processor of the application gets. */
const noted: unknown[] = [];
const note = async (value: agents.Trace | agents.Span<agents.SpanData>) => {
  if (value.type === 'trace') noted.push(value.metadata);
};
const processor: agents.TracingProcessor = {
  onTraceStart: note,
  onTraceEnd: note,
  onSpanStart: note,
  onSpanEnd: note,
  shutdown: async () => {},
  forceFlush: async () => {},
};

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ earlierProcessor: processor });
});
afterEach(async () => {
  expect(streamViolations(await harness.events())).toEqual([]);
  noted.length = 0;
  await harness.reset();
});
afterAll(() => harness.stop());

function careful(...answers: readonly (ReturnType<typeof call> | ReturnType<typeof output>)[]) {
  const danger = agents.tool({
    name: 'danger',
    description: 'does what cannot be undone',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => 'did it',
  });
  const script = answers.length > 0 ? answers : [call('danger'), output('done')];
  return new agents.Agent({ name: 'careful', model: model(...script), tools: [danger] });
}

type Careful = ReturnType<typeof careful>;
type State = agents.RunState<undefined, Careful>;

const read = (agent: Careful, text: string) => agents.RunState.fromString<undefined, Careful>(agent, text);

async function resume(agent: Careful, state: State) {
  for (const item of state.getInterruptions()) state.approve(item);
  return new agents.Runner().run(agent, state);
}

function metadataOf(text: string): Record<string, unknown> | undefined {
  return JSON.parse(text).trace?.metadata;
}

/** Returns the text with another value of the member. */
function withMember(text: string, value: unknown): string {
  const json = JSON.parse(text);
  json.trace.metadata[MEMBER] = value;
  return JSON.stringify(json);
}

const workflows = () => harness.spans().filter(({ name }) => name.startsWith('invoke_workflow'));

/** The links of each workflow, as values of `traceparent`. */
const links = () =>
  workflows().map((span) =>
    span.links.map(({ context: { traceId, spanId } }) => `00-${traceId}-${spanId}-01`),
  );

const idOf = (span: ReturnType<typeof workflows>[number] | undefined) =>
  span && `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`;

describe('A state that is kept within a process', () => {
  const ways: Readonly<Record<string, (agent: Careful, state: State) => Promise<State>>> = {
    'in memory': async (_agent, state) => state,
    'as text': (agent, state) => read(agent, state.toString()),
    'as JSON': (agent, state) => read(agent, JSON.stringify(state)),
    'as text, with a context of the application': (agent, state) =>
      agents.RunState.fromStringWithContext<undefined, Careful>(
        agent,
        state.toString(),
        new agents.RunContext(undefined),
      ),
  };

  it.each(Object.entries(ways))('gives the resumed run exactly one link: %s', async (_, keep) => {
    const agent = careful();
    const asked = await agents.run(agent, 'go');
    const state = await keep(agent, asked.state);
    expect((await resume(agent, state)).finalOutput).toBe('done');
    expect(links()).toEqual([[], [idOf(workflows()[0])]]);
  });

  it('links each of several runs that resume the same text', async () => {
    const agent = careful(call('danger'), output('done'));
    const text = (await agents.run(agent, 'go')).state.toString();
    for (let time = 0; time < 2; time += 1) await resume(agent, await read(agent, text));
    const first = idOf(workflows()[0]);
    expect(links()).toEqual([[], [first], [first]]);
  });

  it('links to the workflow that was interrupted last', async () => {
    const agent = careful(call('danger'), { ...call('danger'), callId: 'c-2' }, output('done'));
    const first = await agents.run(agent, 'go');
    const second = await resume(agent, await read(agent, first.state.toString()));
    expect(second.interruptions).toHaveLength(1);
    expect((await resume(agent, await read(agent, second.state.toString()))).finalOutput).toBe('done');
    const [one, two] = workflows();
    expect(links()).toEqual([[], [idOf(one)], [idOf(two)]]);
  });

  it('gives no link to another run with the same trace id', async () => {
    const runner = new agents.Runner({ traceId: `trace_${'a'.repeat(32)}` });
    await runner.run(careful(), 'go');
    await runner.run(careful(output('done')), 'go');
    expect(links()).toEqual([[], []]);
  });

  it('has the workflow as soon as a stream was read to its end', async () => {
    const agent = careful();
    const stream = await agents.run(agent, 'go', { stream: true });
    for await (const _event of stream);
    const text = stream.state.toString();
    await stream.completed;
    expect(metadataOf(text)).toEqual({ [MEMBER]: idOf(workflows()[0]) });
  });

  it('has the workflow of an agent that runs as a tool', async () => {
    const inner = careful();
    const tool = inner.asTool({ toolName: 'ask', toolDescription: 'asks' });
    const outer = new agents.Agent({
      name: 'outer',
      model: model(call('ask', '{"input":"go"}'), output('all done')),
      tools: [tool],
    });
    const asked = await agents.run(outer, 'go');
    const state = await agents.RunState.fromString<undefined, typeof outer>(outer, asked.state.toString());
    for (const item of state.getInterruptions()) state.approve(item);
    expect((await agents.run(outer, state)).finalOutput).toBe('all done');
    expect(links()).toEqual([[], [idOf(workflows()[0])]]);
    expect(JSON.stringify(noted)).not.toContain(MEMBER);
  });
});

describe('The serialised state', () => {
  it('has one more member in the metadata of its trace, and the application keeps its own object', async () => {
    const traceMetadata = Object.freeze({ tenant: 't1' });
    const agent = careful();
    const { state } = await new agents.Runner({ traceMetadata }).run(agent, 'go');
    const text = state.toString();
    expect(metadataOf(text)).toEqual({ tenant: 't1', [MEMBER]: idOf(workflows()[0]) });
    expect(JSON.stringify(state.toJSON())).toBe(text);
    expect(traceMetadata).toEqual({ tenant: 't1' });
    expect(state._trace?.metadata).toBe(traceMetadata);
    expect(metadataOf((await read(agent, text)).toString())).toEqual(metadataOf(text));
  });

  it.each<[string, () => Promise<{ state: { toString(): string } }>]>([
    ['of a run that is over', () => agents.run(careful(output('done')), 'go')],
    [
      'of a resumed run that is over',
      async () => {
        const agent = careful();
        const asked = await agents.run(agent, 'go');
        return resume(agent, await read(agent, asked.state.toString()));
      },
    ],
    [
      'of a run whose workflow is not recorded',
      () => context.with(suppressTracing(context.active()), () => agents.run(careful(), 'go')),
    ],
  ])('has nothing more: %s', async (_, play) => {
    const { state } = await play();
    expect(metadataOf(state.toString())).toEqual({});
  });

  it("has no trace, and so no member, if the runner has the SDK's tracing off", async () => {
    const { state } = await new agents.Runner({ tracingDisabled: true }).run(careful(), 'go');
    expect(JSON.parse(state.toString()).trace).toBeNull();
    expect(state.toString()).not.toContain(MEMBER);
  });

  it("has nothing more while the SDK's tracing is off for the process, and links in memory only", async () => {
    agents.setTracingDisabled(true);
    try {
      const agent = careful();
      const { state } = await agents.run(agent, 'go');
      const text = state.toString();
      expect(text).not.toContain(MEMBER);
      await resume(agent, state);
      await resume(agent, await read(agent, text));
      expect(links()).toEqual([[], [idOf(workflows()[0])], []]);
    } finally {
      agents.setTracingDisabled(false);
    }
  });
});

describe('A member with another value', () => {
  const { traceId, spanId } = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
  const values: readonly [string, unknown, readonly string[]][] = [
    ['of another process', `00-${traceId}-${spanId}-01`, [`00-${traceId}-${spanId}-01`]],
    ['of a process that did not sample', `00-${traceId}-${spanId}-00`, [`00-${traceId}-${spanId}-01`]],
    ['that is empty', '', []],
    ['that is null', null, []],
    ['that is a number', 7, []],
    ['that is an object', { traceId, spanId }, []],
    ['that is a list', [`00-${traceId}-${spanId}-01`], []],
    ['that names no span', `00-${traceId}-${'0'.repeat(16)}-01`, []],
    ['of another version', `cc-${traceId}-${spanId}-01`, []],
    ['with markup', '"><script>', []],
    ['that is long', 'x'.repeat(100_000), []],
  ];

  it.each(values)('%s is seen by nobody, and the run goes on', async (_, value, expected) => {
    const agent = careful();
    const runner = new agents.Runner({ traceMetadata: { tenant: 't1' } });
    const text = withMember((await runner.run(agent, 'go')).state.toString(), value);
    noted.length = 0;
    const state = await read(agent, text);
    expect(state._trace?.metadata).toEqual({ tenant: 't1' });
    expect((await resume(agent, state)).finalOutput).toBe('done');
    expect(links()).toEqual([[], expected]);
    expect(noted).toEqual([{ tenant: 't1' }, { tenant: 't1' }]);
    const recorded = [harness.spans().map(({ attributes }) => attributes), await harness.events()];
    expect(JSON.stringify(recorded)).not.toContain(MEMBER);
  });
});

it('Text that is not a state fails as without the instrumentation', async () => {
  const play = () =>
    Promise.all(
      [
        '',
        '{',
        'null',
        '{}',
        `{"${MEMBER}":1}`,
        `{"$schemaVersion":"1.0","trace":{"metadata":{"${MEMBER}":1}}}`,
      ].map((text) => read(careful(), text).then(() => 'read', String)),
    );
  const traced = await play();
  harness.instrumentation.disable();
  try {
    expect(traced).toEqual(await play());
    expect(traced).not.toContain('read');
  } finally {
    harness.instrumentation.enable();
    harness.instrumentation.manuallyInstrument({ agents });
  }
  expect(trace.getActiveSpan()).toBeUndefined();
});
