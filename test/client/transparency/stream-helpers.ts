/** The helpers over streams, `chat.completions.stream()` and `responses.stream()`, which read for the application. */
import type { OpenAI } from 'openai';
import { MESSAGES, withFault } from './model-api.js';
import { outcome, readAll, type Scenario, sleep, type Tools, until } from './scenario.js';
import { shapeOf } from './shape-of.js';

type Options = OpenAI.RequestOptions;
type ChatStream = ReturnType<OpenAI['chat']['completions']['stream']>;
type ResponseStream = ReturnType<OpenAI['responses']['stream']>;
/** The methods that both helpers have, with any event name. */
type Helper = AsyncIterable<object> &
  Pick<ChatStream, 'abort' | 'aborted' | 'controller' | 'done' | 'ended' | 'errored'> & {
    on(event: string, listener: (...args: unknown[]) => void): Helper;
    off(event: string, listener: (...args: unknown[]) => void): Helper;
    once(event: string, listener: (...args: unknown[]) => void): Helper;
    emitted(event: string): Promise<unknown>;
  };

const openChat = ({ client }: Tools, options?: Options): ChatStream =>
  client.chat.completions.stream(
    { model: 'plain', messages: MESSAGES, stream_options: { include_usage: true } },
    options,
  );

const openResponse = ({ client }: Tools, options?: Options): ResponseStream =>
  client.responses.stream({ model: 'plain', input: MESSAGES }, options);

const playing = (scenario: string): Options => ({ headers: { 'x-scenario': scenario } });

/** The members that have another name in each helper. */
interface HelperApi {
  readonly name: string;
  open(tools: Tools, options?: Options): Helper;
  /** All its promises. */
  results(helper: Helper): Promise<unknown>;
}

const HELPERS: readonly HelperApi[] = [
  {
    name: 'chat',
    open: (tools, options) => openChat(tools, options) as unknown as Helper,
    results: (helper) => {
      const stream = helper as unknown as ChatStream;
      return Promise.all(
        [
          stream.finalContent(),
          stream.finalMessage(),
          stream.finalChatCompletion(),
          stream.totalUsage(),
          stream.done(),
        ].map(outcome),
      );
    },
  },
  {
    name: 'responses',
    open: (tools, options) => openResponse(tools, options) as unknown as Helper,
    results: (helper) => {
      const stream = helper as unknown as ResponseStream;
      return Promise.all([stream.finalResponse(), stream.done()].map(outcome));
    },
  },
];

const CHAT_EVENTS = [
  'connect',
  'chunk',
  'content',
  'content.delta',
  'content.done',
  'refusal.delta',
  'refusal.done',
  'tool_calls.function.arguments.delta',
  'tool_calls.function.arguments.done',
  'message',
  'chatCompletion',
  'functionToolCall',
  'finalContent',
  'finalMessage',
  'finalChatCompletion',
  'finalFunctionToolCall',
  'totalUsage',
  'error',
  'abort',
  'end',
] as const;

const RESPONSE_EVENTS = [
  'connect',
  'event',
  'response.created',
  'response.output_item.added',
  'response.output_text.delta',
  'response.output_text.done',
  'response.function_call_arguments.delta',
  'response.refusal.delta',
  'response.completed',
  'response.failed',
  'error',
  'abort',
  'end',
] as const;

/** Every event with its arguments, in order. */
function noteEvents(helper: Helper): unknown[] {
  const noted: unknown[] = [];
  const names = 'finalResponse' in helper ? RESPONSE_EVENTS : CHAT_EVENTS;
  for (const name of names) helper.on(name, (...args) => noted.push([name, ...args]));
  return noted;
}

function stateOf({ ended, errored, aborted, controller }: Helper): unknown {
  return { ended, errored, aborted, signal: controller.signal.aborted };
}

const scenariosOf = ({ open, results }: HelperApi): Scenario[] => [
  ...['plain', 'two-tools', 'refusal', 'incomplete', 'failed'].map(
    (scenario): Scenario => ({
      name: `all events and results of a stream that plays ${scenario}`,
      spans: 1,
      async run(tools) {
        const helper = open(tools, playing(scenario));
        const events = noteEvents(helper);
        return { results: await results(helper), events, state: stateOf(helper) };
      },
    }),
  ),
  {
    name: 'the helper shows itself as the SDK made it',
    spans: 1,
    async run(tools) {
      const helper = open(tools);
      const before = shapeOf(helper);
      await helper.done();
      return { before, after: Object.keys(helper) };
    },
  },
  {
    name: 'results that are asked for late are still there',
    spans: 1,
    async run(tools) {
      const helper = open(tools);
      await helper.done();
      return [await results(helper), await results(helper)];
    },
  },
  {
    name: 'for await over the helper',
    spans: 1,
    async run(tools) {
      const helper = open(tools);
      return { read: await readAll(helper), results: await results(helper) };
    },
  },
  {
    name: 'for await over the helper, left early',
    spans: 1,
    async run(tools) {
      const helper = open(tools, withFault('slow-chunk;ms=15'));
      const read: object[] = [];
      for await (const item of helper) if (read.push(item) === 2) break;
      return { read, results: await results(helper), state: stateOf(helper) };
    },
  },
  {
    name: 'abort() in the middle',
    spans: 1,
    async run(tools) {
      const helper = open(tools, withFault('slow-chunk;ms=15'));
      const events = noteEvents(helper);
      const read: object[] = [];
      const loop = await outcome(
        (async () => {
          for await (const item of helper) if (read.push(item) === 2) helper.abort();
        })(),
      );
      return { read, loop, events, results: await results(helper), state: stateOf(helper) };
    },
  },
  {
    name: 'abort() before anything came',
    spans: 1,
    async run(tools) {
      const helper = open(tools, withFault('hang'));
      const events = noteEvents(helper);
      await until(() => tools.requests().length > 0);
      helper.abort();
      return { results: await results(helper), events, state: stateOf(helper) };
    },
  },
  {
    name: 'abort() before the request is sent',
    spans: 1,
    async run(tools) {
      const helper = open(tools);
      const events = noteEvents(helper);
      helper.abort();
      return { results: await results(helper), events, state: stateOf(helper) };
    },
  },
  {
    name: "the request's signal",
    spans: 1,
    async run(tools) {
      const abort = new AbortController();
      const helper = open(tools, { ...withFault('hang'), signal: abort.signal });
      const events = noteEvents(helper);
      await until(() => tools.requests().length > 0);
      abort.abort();
      return { results: await results(helper), events, state: stateOf(helper) };
    },
  },
  ...[
    'http-error;status=400;message=No',
    'error-event;after-chunks=2',
    'cut;after-chunks=2',
    'malformed-sse;after-chunks=2',
  ].map(
    (fault): Scenario => ({
      name: `events and results with the fault ${fault}`,
      spans: 1,
      async run(tools) {
        const helper = open(tools, withFault(fault));
        const events = noteEvents(helper);
        return { results: await results(helper), events, state: stateOf(helper) };
      },
    }),
  ),
  {
    name: 'a failure without anybody who listens is an unhandled rejection',
    spans: 1,
    async run(tools) {
      open(tools, withFault('http-error;status=400'));
      await until(() => tools.unhandled().length > 0);
      await sleep(10);
    },
  },
  {
    name: 'a failure while it is iterated',
    spans: 1,
    run: (tools) => readAll(open(tools, withFault('error-event;after-chunks=2'))),
  },
  {
    name: 'emitted() and once()',
    spans: 1,
    async run(tools) {
      const helper = open(tools);
      const heard: string[] = [];
      helper.once('connect', () => heard.push('connected once'));
      const listener = () => heard.push('never');
      helper.on('end', listener).off('end', listener);
      await helper.emitted('connect');
      heard.push('connected');
      await helper.emitted('end');
      return heard;
    },
  },
  {
    name: 'a listener that throws',
    spans: 1,
    // The helper stops before it reads the stream, and drops it.
    dropsResult: true,
    async run(tools) {
      const helper = open(tools);
      helper.on('connect', () => {
        throw new RangeError('thrown by a listener');
      });
      return { results: await results(helper), state: stateOf(helper) };
    },
  },
  {
    name: 'dropped, it reads to its end by itself',
    spans: 1,
    async run(tools) {
      const ended = new Promise<void>((resolve) => {
        open(tools).on('end', () => resolve());
      });
      await ended;
    },
  },
];

export const streamHelpers: readonly Scenario[] = [
  ...HELPERS.flatMap((helper) =>
    scenariosOf(helper).map((scenario) => ({ ...scenario, name: `${helper.name}: ${scenario.name}` })),
  ),
  {
    name: 'chat: toReadableStream(), and the helper made of it again',
    spans: 1,
    async run(tools) {
      const helper = openChat(tools);
      const again = (
        helper.constructor as typeof import('openai/lib/ChatCompletionStream').ChatCompletionStream
      ).fromReadableStream(helper.toReadableStream());
      const events = noteEvents(again as unknown as Helper);
      return { content: await outcome(again.finalContent()), events };
    },
  },
  {
    name: 'chat: the snapshot grows with the chunks',
    spans: 1,
    async run(tools) {
      const helper = openChat(tools);
      const snapshots: unknown[] = [];
      helper.on('chunk', (_chunk, snapshot) => snapshots.push(structuredClone(snapshot)));
      await helper.done();
      return { snapshots, current: helper.currentChatCompletionSnapshot, messages: helper.messages };
    },
  },
];
