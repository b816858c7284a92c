/**
 * Content that is recorded nowhere is not read, in runs of agents, in MCP calls and in realtime sessions.
 *
 * Each program's content has a mark. The functions that can read an object's members or JSON count the calls that meet
 * the mark, first bare, then with the instrumentation.
 */
import * as mcp from '@modelcontextprotocol/client';
import * as agents from '@openai/agents';
import * as realtime from '@openai/agents/realtime';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ChaukasSpanProcessor, MemorySink, OpenAIAgentsInstrumentation } from '../../src/index.js';
import { connectMcp, connectRealtime } from './in-memory-peers.js';
import { call, model, output } from './scripted-model.js';

const MARK = 'not to be read';

/** The originals, which the counting itself uses. */
const { getOwnPropertyDescriptor, getOwnPropertyNames } = Object;

/** Whether the value is the mark, or an object with a member that is. */
function isMarked(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === MARK;
  return getOwnPropertyNames(value).some((name) => getOwnPropertyDescriptor(value, name)?.value === MARK);
}

const READERS: readonly (readonly [owner: object, name: string])[] = [
  [Object, 'keys'],
  [Object, 'values'],
  [Object, 'entries'],
  [Object, 'getOwnPropertyDescriptor'],
  [Object, 'getOwnPropertyDescriptors'],
  [Reflect, 'ownKeys'],
  [JSON, 'parse'],
  [JSON, 'stringify'],
];

/** Whether a reader read the mark, or the members of an object that has it, or turned it into JSON or back. */
function meetsMark(reader: string, [value]: readonly unknown[], result: unknown): boolean {
  if (reader === 'parse') return String(value).includes(MARK);
  if (reader === 'stringify') return String(result).includes(MARK);
  // Another member of the object may be the model or a name.
  if (reader === 'getOwnPropertyDescriptor')
    return (result as PropertyDescriptor | undefined)?.value === MARK;
  return isMarked(value);
}

/** Counts the calls of each reader that meet the mark while an action runs. */
async function readsDuring(action: () => Promise<unknown>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const undo = READERS.map(([owner, name]) => {
    const original = Reflect.get(owner, name) as (...args: unknown[]) => unknown;
    Reflect.set(owner, name, (...args: unknown[]) => {
      const result: unknown = Reflect.apply(original, owner, args);
      if (meetsMark(name, args, result)) counts[name] = (counts[name] ?? 0) + 1;
      return result;
    });
    return () => Reflect.set(owner, name, original);
  });
  try {
    await action();
  } finally {
    for (const each of undo) each();
  }
  return counts;
}

const PROGRAMS: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
  'a run with a tool, guardrails, a handoff and a session': async () => {
    const passes = async () => ({ outputInfo: { why: MARK }, tripwireTriggered: false });
    const tool = agents.tool({
      name: 't',
      description: 'd',
      parameters: z.object({ text: z.string() }),
      execute: () => ({ text: MARK }),
    });
    const other = new agents.Agent({ name: 'b', model: model(output(MARK)) });
    const agent = new agents.Agent({
      name: 'a',
      instructions: `Keep it: ${MARK}.`,
      model: model(call('t', JSON.stringify({ text: MARK })), call('transfer_to_b')),
      tools: [tool],
      handoffs: [other],
      inputGuardrails: [{ name: 'in', execute: passes }],
      outputGuardrails: [{ name: 'out', execute: passes }],
    });
    return () => new agents.Runner().run(agent, MARK, { session: new agents.MemorySession() });
  },
  'a streamed run': async () => {
    const agent = new agents.Agent({ name: 'a', model: model(output(MARK)) });
    return async () => {
      const result = await new agents.Runner().run(agent, [{ role: 'user', content: MARK }], {
        stream: true,
      });
      for await (const _event of result);
      await result.completed;
    };
  },
  'an MCP call': async () => {
    const client = await connectMcp();
    return () =>
      Promise.allSettled([
        client.callTool({ name: 'add', arguments: { a: 1, b: 2, text: MARK } }),
        client.getPrompt({ name: 'greet', arguments: { text: MARK } }),
      ]);
  },
  'a realtime session': async () => {
    const agent = new realtime.RealtimeAgent({
      name: 'worker',
      instructions: `Keep it: ${MARK}.`,
      tools: [
        realtime.tool({
          name: 'echo',
          description: 'Echoes',
          parameters: z.object({ text: z.string() }),
          execute: ({ text }) => text,
        }),
      ],
    });
    return async () => {
      const { session, sent, receive } = await connectRealtime(agent);
      session.sendMessage(MARK);
      const message = { id: 'i', type: 'message', role: 'user', status: 'completed' };
      const content = [{ type: 'input_text', text: MARK }];
      receive({ type: 'conversation.item.added', event_id: 'e', item: { ...message, content } });
      const toolCall = { id: 'i2', type: 'function_call', status: 'completed', name: 'echo', call_id: 'c' };
      const args = JSON.stringify({ text: MARK });
      receive({
        type: 'response.output_item.done',
        event_id: 'e2',
        response_id: 'r',
        output_index: 0,
        item: { ...toolCall, arguments: args },
      });
      while (!sent.some((frame) => frame.includes('function_call_output'))) await undefined;
      receive({
        type: 'response.done',
        event_id: 'e3',
        response: { id: 'r', status: 'completed', output: [{ ...toolCall, arguments: args }] },
      });
      session.close();
    };
  },
};

async function readsOf(name: string): Promise<Record<string, number>> {
  const prepare = PROGRAMS[name];
  if (prepare === undefined) throw new Error(`no program ${name}`);
  // The first time loads and remembers what the second time has.
  await readsDuring(await prepare());
  return await readsDuring(await prepare());
}

const bare = new Map<string, Record<string, number>>();
let instrumentation: OpenAIAgentsInstrumentation;
beforeAll(async () => {
  agents.setTraceProcessors([]);
  agents.setTracingDisabled(false);
  for (const name of Object.keys(PROGRAMS)) bare.set(name, await readsOf(name));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  // Not registered: no span reaches it.
  new ChaukasSpanProcessor({ sinks: [new MemorySink()] });
});
afterEach(() => instrumentation.disable());

function instrument(options: { capture: boolean; provider?: NodeTracerProvider }): void {
  instrumentation = new OpenAIAgentsInstrumentation({ captureMessageContent: options.capture });
  if (options.provider !== undefined) instrumentation.setTracerProvider(options.provider);
  instrumentation.manuallyInstrument({ agents, mcp, realtime });
}

const names = Object.keys(PROGRAMS);

describe('Content is not read', () => {
  describe('without a provider, with a processor that is not registered, in', () => {
    it.each(names)('%s', async (name) => {
      instrument({ capture: true });
      expect(await readsOf(name)).toEqual(bare.get(name));
    });
  });

  describe('with a provider that records nothing, and a registered processor, in', () => {
    const processor = new ChaukasSpanProcessor({ sinks: [new MemorySink()] });
    const provider = new NodeTracerProvider({ sampler: new AlwaysOffSampler(), spanProcessors: [processor] });
    afterAll(() => provider.shutdown());
    it.each(names)('%s', async (name) => {
      instrument({ capture: true, provider });
      expect(await readsOf(name)).toEqual(bare.get(name));
    });
  });
});

describe('Content is read', () => {
  const processor = new ChaukasSpanProcessor({ sinks: [new MemorySink()] });
  const provider = new NodeTracerProvider({ spanProcessors: [processor] });
  afterAll(() => provider.shutdown());
  it.each(names)('with a provider that records, in %s', async (name) => {
    instrument({ capture: true, provider });
    expect(await readsOf(name)).not.toEqual(bare.get(name));
  });
});
