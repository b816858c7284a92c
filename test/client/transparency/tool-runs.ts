/** `runTools()`: a loop of model calls and tools of the application. */
import type { OpenAI } from 'openai';
import { MESSAGES, withFault } from './model-api.js';
import { outcome, type Scenario } from './scenario.js';

type ToolCode = (args: { query: string }) => unknown;

/** Two tools that record their calls. */
function toolsNoting(calls: unknown[], code: ToolCode = ({ query }) => `found ${query}`) {
  return ['a', 'b'].map((name) => ({
    type: 'function' as const,
    function: {
      name,
      description: `Searches in ${name}.`,
      parameters: { type: 'object', properties: { query: { type: 'string' } } },
      parse: (text: string) => JSON.parse(text) as { query: string },
      function: async (args: { query: string }) => {
        calls.push([name, args]);
        return code(args) as string;
      },
    },
  }));
}

const EVENTS = [
  'connect',
  'content',
  'message',
  'chatCompletion',
  'functionToolCall',
  'functionToolCallResult',
  'finalContent',
  'finalMessage',
  'finalChatCompletion',
  'finalFunctionToolCall',
  'finalFunctionToolCallResult',
  'totalUsage',
  'error',
  'abort',
  'end',
] as const;

interface Runner {
  readonly messages: readonly unknown[];
  readonly aborted: boolean;
  readonly errored: boolean;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  abort(): void;
  done(): Promise<void>;
  finalContent(): Promise<unknown>;
  totalUsage(): Promise<unknown>;
}

type Run = (client: OpenAI, calls: unknown[], code?: ToolCode, options?: object) => Runner;

const WAYS: readonly { name: string; run: Run }[] = [
  {
    name: 'at once',
    run: (client, calls, code, options) =>
      client.chat.completions.runTools(
        { model: 'two-tools', messages: MESSAGES, tools: toolsNoting(calls, code) },
        options,
      ) as unknown as Runner,
  },
  {
    name: 'streamed',
    run: (client, calls, code, options) =>
      client.chat.completions.runTools(
        { model: 'two-tools', messages: MESSAGES, tools: toolsNoting(calls, code), stream: true },
        options,
      ) as unknown as Runner,
  },
];

async function follow(runner: Runner): Promise<unknown> {
  const events: unknown[] = [];
  for (const name of EVENTS) runner.on(name, (...args) => events.push([name, ...args]));
  const results = await Promise.all([runner.finalContent(), runner.totalUsage(), runner.done()].map(outcome));
  const { messages, aborted, errored } = runner;
  return { results, events, messages, aborted, errored };
}

export const toolRuns: readonly Scenario[] = WAYS.flatMap(({ name, run }): Scenario[] => [
  {
    name: `${name}: the tools run, and the model says what they gave`,
    spans: 4,
    async run({ client }) {
      const calls: unknown[] = [];
      return { followed: await follow(run(client, calls)), calls };
    },
  },
  {
    name: `${name}: a tool that throws`,
    // Older versions run one tool after the other.
    spans: [2, 3],
    async run({ client }) {
      const calls: unknown[] = [];
      const code = () => {
        throw new RangeError('thrown by a tool');
      };
      return { followed: await follow(run(client, calls, code)), calls };
    },
  },
  {
    name: `${name}: a tool that aborts the run`,
    // Up to 7.0.0 the helper runs the other tool, begins another call and aborts it before it is sent.
    spans: [2, 3, 4],
    async run({ client }) {
      const calls: unknown[] = [];
      const runner = run(client, calls, () => {
        runner.abort();
        return 'aborted';
      });
      return { followed: await follow(runner), calls };
    },
  },
  {
    name: `${name}: no more than one call`,
    spans: 3,
    async run({ client }) {
      const calls: unknown[] = [];
      return { followed: await follow(run(client, calls, undefined, { maxChatCompletions: 1 })), calls };
    },
  },
  {
    name: `${name}: the model refuses the request`,
    spans: 1,
    run: ({ client }) => follow(run(client, [], undefined, withFault('http-error;status=400;message=No'))),
  },
]);
