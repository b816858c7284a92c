import * as agents from '@openai/agents';
import { failureOf, pause, readAll, type Situation } from './situation.js';
import { toolA, toolB } from './tools.js';

const main = (model: string, tools: agents.Tool[] = []) => new agents.Agent({ name: 'Main', model, tools });

/** Streamed runs. */
export const streams: readonly Situation[] = [
  {
    name: 'stream-responses',
    run: async (tools) => readAll(await tools.runner().run(main('says-hi'), 'hello', { stream: true })),
  },
  {
    name: 'stream-chat',
    run: async (tools) =>
      readAll(await tools.runner({ chatCompletions: true }).run(main('says-hi'), 'hello', { stream: true })),
  },
  {
    name: 'stream-not-consumed',
    run: async (tools) => {
      const stream = await tools.runner().run(main('says-hi'), 'hello', { stream: true });
      await stream.completed;
      return stream.finalOutput;
    },
  },
  {
    name: 'stream-break',
    run: async (tools) => {
      const runner = tools.runner({ fault: 'slow-chunk;ms=60' });
      const stream = await runner.run(main('says-hi'), 'hello', { stream: true });
      let seen = 0;
      for await (const _event of stream) {
        seen += 1;
        if (seen === 3) break;
      }
      await stream.completed.catch(() => undefined);
      return { cancelled: stream.cancelled };
    },
  },
  {
    name: 'stream-text-only',
    run: async (tools) => {
      const stream = await tools.runner().run(main('says-hi'), 'hello', { stream: true });
      let text = '';
      for await (const part of stream.toTextStream()) text += part;
      await stream.completed;
      return text;
    },
  },
  {
    name: 'abort-signal-stream',
    run: async (tools) => {
      const abort = new AbortController();
      const runner = tools.runner({ fault: 'slow-chunk;ms=60' });
      const stream = await runner.run(main('says-hi'), 'hello', { stream: true, signal: abort.signal });
      let seen = 0;
      for await (const _event of stream) {
        seen += 1;
        if (seen === 3) abort.abort();
      }
      await stream.completed.catch(() => undefined);
      return { cancelled: stream.cancelled };
    },
  },
  {
    name: 'abort-signal-stream-in-tool',
    run: async (tools) => {
      const abort = new AbortController();
      const agent = main('calls-a', [toolA(() => abort.abort())]);
      const stream = await tools.runner().run(agent, 'go', { stream: true, signal: abort.signal });
      await readAll(stream).catch(() => undefined);
      return { cancelled: stream.cancelled };
    },
  },
  {
    name: 'abort-signal',
    run: async (tools) => {
      const abort = new AbortController();
      const runner = tools.runner({ fault: 'hang' });
      const requests = tools.server.requests.length;
      const run = failureOf(() => runner.run(main('says-hi'), 'hello', { signal: abort.signal }));
      while (tools.server.requests.length === requests) await pause(2);
      abort.abort();
      return run;
    },
  },
  {
    name: 'tools-parallel-stream',
    parallel: true,
    run: async (tools) =>
      readAll(await tools.runner().run(main('calls-a-and-b', [toolA(), toolB()]), 'go', { stream: true })),
  },
];
