// The package as an ES module and in CommonJS, in one process.
import { describe, expect, test } from 'vitest';
import { streamViolations } from '../harness/check-stream.js';
import { otlpSpanTree } from './otlp-span-tree.js';
import { runApp } from './run-app.js';

const RUN = [
  '  invoke_workflow crossed_agent [INTERNAL]',
  '    invoke_agent crossed_agent [INTERNAL]',
  '      chat plain [CLIENT]',
];
/** The calls of the classes of `./openai`. */
const CALLS = (kind: string) => [
  'models.list [CLIENT]',
  'models.list [CLIENT]',
  `chat local-${kind} [CLIENT]`,
];

// With the flag, Node has no require(esm) and no condition `module-sync`: import and require load different builds.
describe.concurrent.each([
  { node: 'Node', flags: [], copies: 'one copy' },
  {
    node: 'Node without require() of ES modules',
    flags: ['--no-experimental-require-module'],
    copies: 'two copies',
  },
])('$node', ({ flags, copies }) => {
  test.each([{ how: 'import' }, { how: 'require' }])(
    `has ${copies}: instrumentation by $how, processor by the other, are one`,
    async ({ how }) => {
      const run = await runApp(...flags, 'crossed.mjs', how);
      expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: `${copies}\n` });
      expect(otlpSpanTree(run.spans)).toEqual([
        'session [INTERNAL]',
        ...RUN,
        'session [INTERNAL]',
        ...RUN,
        ...CALLS('require'),
        ...CALLS('import'),
      ]);
      expect(streamViolations(run.events)).toEqual([]);
      const types = (session: string) =>
        run.events.filter(({ session_id }) => session_id === session).map(({ type }) => type);
      expect(types('of-the-first')).toContain('EVENT_TYPE_MODEL_INVOCATION_END');
      expect(types('of-the-second')).toEqual([
        ...types('of-the-first').slice(0, -1),
        'EVENT_TYPE_POLICY_DECISION',
        'EVENT_TYPE_SESSION_END',
      ]);
    },
  );
});
