import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests that `npm run test:long` runs. */
export const LONG = [
  // Thousands of generated and hostile inputs.
  'test/agents/generated-inputs.test.ts',
  'test/client/hostile/**/*.test.ts',
  'test/chaukas/verify/hostile-lines.test.ts',
  'test/chaukas/verify/hostile-streams.test.ts',
  'test/chaukas/verify/manipulations.test.ts',
  'test/chaukas/verify/killed-processes.test.ts',
  'test/chaukas/wire/round-trip.test.ts',
  'test/cloudevents/round-trip.test.ts',
  'test/events/sealing/generated-conversations.test.ts',
  'test/redaction/credential-scan.test.ts',
  'test/redaction/hostile-texts.test.ts',
  'test/redaction/long-text-windows.test.ts',
  'test/redaction/stepped-redaction.test.ts',
  'test/cli/report/hostile-page.test.ts',
  'test/text/mask-secrets.test.ts',
  // Each way to call, bare and instrumented.
  'test/client/transparency/**/*.test.ts',
  'test/model-server/faults-everywhere.test.ts',
  // Each situation, with two values of an option.
  'test/agents/situations/workflow-spans.test.ts',
  // The programs of the documents, and the demo.
  'test/readme.test.ts',
  'test/agents/approvals/document.test.ts',
  'test/emitter/document.test.ts',
  'test/environment/document.test.ts',
  'test/realtime/document.test.ts',
  'test/testing/document.test.ts',
  'test/demo.test.ts',
  // Many processes, or a large load.
  'test/agents/concurrency.test.ts',
  'test/delivery/killed-process.test.ts',
  'test/agents/versions/formats.test.ts',
  'test/agents/versions/waiting-elsewhere.test.ts',
  'test/cli/doctor/program.test.ts',
  'test/cli/jobs.test.ts',
  'test/cli/process.test.ts',
  'test/cli/resources.test.ts',
  'test/cli/view/process.test.ts',
  'test/cli/view/receiver/live-view.test.ts',
  'test/clock/**/*.test.ts',
  'test/delivery/spool/disks.test.ts',
  'test/delivery/spool/exit.test.ts',
  'test/delivery/spool/killed.test.ts',
  'test/processor/thread.test.ts',
  'test/processor/thread-process.test.ts',
  'test/loading/both-copies.test.ts',
  'test/loading/lazy-parts.test.ts',
  'test/loading/loaded-modules.test.ts',
  'test/loading/manual.test.ts',
  'test/loading/module-systems.test.ts',
  'test/loading/preloaded.test.ts',
  'test/loading/process-end.test.ts',
  'test/loading/register.test.ts',
  'test/loading/tool-errors.test.ts',
  'test/loading/unseen.test.ts',
  'test/mcp/agent-runs.test.ts',
  'test/mcp/loading.test.ts',
  'test/mcp/real-servers.test.ts',
  'test/sinks/stdout-sink.test.ts',
  'test/testing/sink-conformance.test.ts',
];

/**
 * Tests of functions that keep nothing between calls and touch nothing of the process. Their files share one instance of
 * each module in a worker, which halves their processor time: importing is most of it.
 */
const STATELESS = [
  'chaukas',
  'cloudevents',
  'json',
  'model-server',
  'openai-api',
  'redaction',
  'semconv',
  'text',
].map((folder) => `test/${folder}/**/*.test.ts`);

/** Of `npm run test:backends`, `test:python`, `test:delivery`, `test:examples`, `test:viewer` and `test:long`. */
const OTHERS = [
  'test/backends/**',
  'test/python/**',
  'test/examples/**',
  'test/viewer/**',
  'test/delivery/faults/**',
  'test/destinations/**',
  ...LONG,
];

/** For the tests of all commands. */
export const COMMON = {
  // The Agents SDK switches its tracing off if NODE_ENV is 'test'.
  env: { NODE_ENV: 'development' },
  // A machine that runs much else is slow; nothing here measures time.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 30_000 } },
  // The reporter names the tests that needed the second try.
  retry: 1,
  reporters: ['default', './test/second-tries.ts'],
  // Many files wait for servers, processes and delays, so one more than the cores; with two cores, vitest would use one.
  maxWorkers: availableParallelism() + 1,
};

export default defineConfig({
  test: {
    ...COMMON,
    projects: [
      { extends: true, test: { name: 'stateless', include: STATELESS, exclude: OTHERS, isolate: false } },
      {
        extends: true,
        test: { name: 'isolated', include: ['test/**/*.test.ts'], exclude: [...STATELESS, ...OTHERS] },
      },
    ],
  },
});
