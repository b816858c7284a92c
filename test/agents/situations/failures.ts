import * as agents from '@openai/agents';
import { failureOf, type RunnerOptions, readAll, type Situation, type Tools } from './situation.js';
import { toolA } from './tools.js';

const main = (model = 'says-hi', tools: agents.Tool[] = []) =>
  new agents.Agent({ name: 'Main', model, tools });

const refused = (status: number) => `http-error;status=${status};code=mock;message=mock error`;

const plainly = (tools: Tools, options: RunnerOptions, agent = main()) =>
  failureOf(async () => (await tools.runner(options).run(agent, 'hello')).finalOutput);

const streamed = (tools: Tools, options: RunnerOptions, agent = main()) =>
  failureOf(async () => readAll(await tools.runner(options).run(agent, 'hello', { stream: true })));

/** Failed model calls and failed runs. */
export const failures: readonly Situation[] = [
  ...[500, 429, 401].flatMap((status): Situation[] => [
    { name: `model-${status}`, run: (tools) => plainly(tools, { fault: refused(status) }) },
    { name: `model-${status}-stream`, run: (tools) => streamed(tools, { fault: refused(status) }) },
  ]),
  {
    name: 'model-500-chat',
    run: (tools) => plainly(tools, { fault: refused(500), chatCompletions: true }),
  },
  {
    name: 'model-429-clientretry',
    run: (tools) => plainly(tools, { fault: 'rate-limit;times=1;retry-after-ms=5', maxRetries: 1 }),
  },
  {
    name: 'model-429-sdkretry',
    run: (tools) => {
      const agent = new agents.Agent({
        name: 'Main',
        model: 'says-hi',
        modelSettings: {
          retry: {
            maxRetries: 2,
            backoff: { initialDelayMs: 1, maxDelayMs: 2, jitter: false },
            policy: agents.retryPolicies.httpStatus([429, 503]),
          },
        },
      });
      const fault = 'http-error;status=429;times=1, http-error;status=503;times=1';
      return plainly(tools, { fault }, agent);
    },
  },
  { name: 'model-incomplete', run: (tools) => plainly(tools, {}, main('incomplete')) },
  { name: 'model-content-filter', run: (tools) => plainly(tools, {}, main('content-filter')) },
  {
    name: 'model-content-filter-chat',
    run: (tools) => plainly(tools, { chatCompletions: true }, main('content-filter')),
  },
  { name: 'model-refusal', run: (tools) => plainly(tools, {}, main('refusal')) },
  { name: 'model-failed', run: (tools) => plainly(tools, {}, main('failed')) },
  { name: 'model-failed-stream', run: (tools) => streamed(tools, {}, main('failed')) },
  { name: 'model-cut', run: (tools) => plainly(tools, { fault: 'cut' }) },
  { name: 'model-cut-stream', run: (tools) => streamed(tools, { fault: 'cut;after-chunks=4' }) },
  {
    name: 'max-turns',
    run: (tools) =>
      failureOf(() => tools.runner().run(main('calls-a-for-ever', [toolA()]), 'go', { maxTurns: 2 })),
  },
  {
    name: 'max-turns-stream',
    run: (tools) =>
      failureOf(async () =>
        readAll(
          await tools.runner().run(main('calls-a-for-ever', [toolA()]), 'go', { maxTurns: 2, stream: true }),
        ),
      ),
  },
  {
    name: 'max-turns-handled',
    run: async (tools) =>
      (
        await tools.runner().run(main('calls-a-for-ever', [toolA()]), 'go', {
          maxTurns: 1,
          errorHandlers: { maxTurns: () => ({ finalOutput: 'I gave up.' }) },
        })
      ).finalOutput,
  },
  {
    name: 'max-turns-handled-stream',
    run: async (tools) =>
      readAll(
        await tools.runner().run(main('calls-a-for-ever', [toolA()]), 'go', {
          stream: true,
          maxTurns: 1,
          errorHandlers: { maxTurns: () => ({ finalOutput: 'I gave up.' }) },
        }),
      ),
  },
  {
    name: 'dynamic-instructions-throw',
    run: (tools) => {
      const agent = new agents.Agent({
        name: 'Main',
        model: 'says-hi',
        instructions: () => {
          throw new Error('bad instructions');
        },
      });
      return plainly(tools, {}, agent);
    },
  },
];
