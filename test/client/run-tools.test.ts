import { trace } from '@opentelemetry/api';
import type { RunnableTools } from 'openai/lib/RunnableFunction';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ instrumentation: { captureMessageContent: true } });
});
beforeEach(() => harness.reset());
afterAll(() => harness.stop());

type Tool = RunnableTools<object[]>[number];
type Code = (args: { query: string }) => unknown;

const tool = (name: string, code: Code): Tool =>
  ({
    type: 'function',
    function: {
      name,
      description: name,
      parameters: { type: 'object', properties: { query: { type: 'string' } } },
      parse: (text: string) => JSON.parse(text),
      function: code,
    },
  }) as unknown as Tool;

const found: Code = async ({ query }) => ({ found: query });

const run = (tools: readonly unknown[], options: object = {}) => {
  const body = {
    model: 'two-tools',
    messages: [{ role: 'user' as const, content: 'hi' }],
    tools: tools as Tool[],
    ...options,
  };
  return (harness.client.chat.completions.runTools(body as never) as { done(): Promise<void> }).done();
};

const tools = () => harness.spans().filter(({ name }) => name.startsWith('execute_tool'));

describe('runTools()', () => {
  it.each([
    ['at once', {}],
    ['streamed', { stream: true }],
  ])('has a span for each tool, %s', async (_how, options) => {
    const active: unknown[] = [];
    const noting: Code = (args) => {
      active.push(trace.getActiveSpan()?.spanContext().spanId);
      return found(args);
    };
    await run([tool('a', noting), tool('b', noting)], options);
    expect(
      harness
        .spans()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['chat two-tools', 'chat two-tools', 'execute_tool a', 'execute_tool b']);
    expect(active.sort()).toEqual(
      tools()
        .map((span) => span.spanContext().spanId)
        .sort(),
    );
    const [first] = tools();
    expect(first?.attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'a',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': expect.stringMatching(/./),
      'gen_ai.tool.call.arguments': expect.stringContaining('query'),
      'gen_ai.tool.call.result': expect.stringContaining('found'),
    });
    expect(new Set(tools().map((span) => span.attributes['gen_ai.tool.call.id'])).size).toBe(2);
    const events = (await harness.events()).filter(({ type }) => type.startsWith('EVENT_TYPE_TOOL_CALL'));
    expect(events.map(({ type }) => type.slice('EVENT_TYPE_'.length)).sort()).toEqual([
      'TOOL_CALL_END',
      'TOOL_CALL_END',
      'TOOL_CALL_START',
      'TOOL_CALL_START',
    ]);
    expect(JSON.stringify(events)).toContain('found');
  });

  it('records a tool that throws, and its error reaches the application', async () => {
    const error = new RangeError('too far');
    const failing: Code = () => {
      throw error;
    };
    const promise = run([tool('a', failing), tool('b', async () => Promise.reject(error))]);
    await expect(promise).rejects.toThrow('too far');
    // Older clients run one tool after the other.
    const types = tools().map(({ attributes }) => attributes['error.type']);
    expect(new Set(types)).toEqual(new Set(['RangeError']));
  });

  it.each<[kind: string, returned: () => unknown]>([
    [
      'a promise of a derived class',
      () => Object.setPrototypeOf(Promise.resolve('x'), class extends Promise<string> {}.prototype),
    ],
    // biome-ignore lint/suspicious/noThenProperty: another library's promise is what is tested.
    ['the promise of a library', () => ({ then: (done: (value: string) => void) => done('x') })],
    ['nothing', () => undefined],
  ])('ends the span of a tool that returns %s', async (_kind, returned) => {
    await run([tool('a', returned), tool('b', returned)]);
    expect(tools().map(({ name, status }) => [name, status.code])).toEqual([
      ['execute_tool a', 0],
      ['execute_tool b', 0],
    ]);
    expect(harness.openSpanCount()).toBe(0);
  });

  it('has no content on spans that capture none', async () => {
    harness.instrumentation.setConfig({ captureMessageContent: false });
    try {
      await run([tool('a', found), tool('b', found)]);
      expect(JSON.stringify(tools().map(({ attributes }) => attributes))).not.toMatch(/query|found/);
    } finally {
      harness.instrumentation.setConfig({ captureMessageContent: true });
    }
  });

  it('has a tool that the application aborts as cancelled', async () => {
    const controller = new AbortController();
    const aborting: Code = () => {
      controller.abort();
      controller.signal.throwIfAborted();
    };
    const body = { model: 'two-tools', messages: [{ role: 'user' as const, content: 'hi' }] };
    const runner = harness.client.chat.completions.runTools(
      { ...body, tools: [tool('a', aborting), tool('b', found)] } as never,
      { signal: controller.signal },
    );
    await expect(runner.done()).rejects.toThrow();
    const [first] = tools();
    expect(first?.attributes).toMatchObject({
      'gen_ai.tool.name': 'a',
      'openai_agents.outcome': 'cancelled',
    });
    expect(first?.status.code).toBe(0);
  });

  it('stands beside the model calls, under the span of the application', async () => {
    await harness.provider.getTracer('app').startActiveSpan('work', async (work) => {
      await run([tool('a', found), tool('b', found)]);
      work.end();
    });
    const work = harness.allSpans().find(({ name }) => name === 'work');
    const parents = harness
      .spans()
      .filter(({ name }) => name !== 'work')
      .map((span) => (span as { parentSpanContext?: { spanId: string } }).parentSpanContext?.spanId);
    expect(new Set(parents)).toEqual(new Set([work?.spanContext().spanId]));
  });

  it('takes the name that a getter gives', async () => {
    const definitions = ['a', 'b'].map((name) => ({
      get name() {
        return name;
      },
      description: '',
      parameters: {},
      function: (_args: unknown) => 'x',
    }));
    await run(definitions.map((definition) => ({ type: 'function', function: definition })));
    expect(tools().map(({ attributes }) => attributes['gen_ai.tool.name'])).toEqual(['a', 'b']);
  });

  it('takes the name of the function for a tool without a name', async () => {
    const a = (_args: unknown) => 'x';
    const b = (_args: unknown) => 'y';
    const unnamed = [a, b].map((code) => ({
      type: 'function',
      function: { function: code, description: '', parameters: {} },
    }));
    await run(unnamed);
    expect(tools().map(({ name }) => name)).toEqual(['execute_tool a', 'execute_tool b']);
  });
});

describe('The application of runTools()', () => {
  it('has its own objects as this, and a function that it replaced later is called', async () => {
    class Definition {
      readonly #secret = 'private';
      readonly parameters = { type: 'object' };
      readonly description = '';
      constructor(readonly name: string) {}
      parse(text: string): unknown {
        return { text, secret: this.#secret };
      }
      function(_args: unknown): string {
        return this.#secret;
      }
    }
    const [a, b] = [new Definition('a'), new Definition('b')];
    const seen: unknown[] = [];
    const running = run([a, b].map((definition) => ({ type: 'function', function: definition })));
    a.function = function (this: Definition, args: unknown) {
      seen.push([this === a, args]);
      return 'replaced';
    };
    await running;
    expect(seen).toEqual([[true, expect.objectContaining({ secret: 'private' })]]);
    expect(tools()).toHaveLength(2);
    expect(Object.keys(b).sort()).toEqual(['description', 'name', 'parameters']);
  });

  it('has as many reads of its getters as without us', async () => {
    const reads = async () => {
      const counted: string[] = [];
      const counting = <T extends object>(target: T, label: string): T =>
        new Proxy(target, {
          get(object, key, receiver) {
            counted.push(`${label}.${String(key)}`);
            return Reflect.get(object, key, receiver);
          },
        });
      const observed = ['a', 'b'].map((name) => {
        const { function: definition } = tool(name, () => 'x') as { function: object };
        return counting({ type: 'function', function: counting(definition, 'definition') }, 'tool');
      });
      await run(observed);
      return counted.sort();
    };
    const withUs = await reads();
    harness.instrumentation.disable();
    const bare = await reads();
    harness.instrumentation.enable();
    expect(withUs).toEqual(bare);
  });
});
