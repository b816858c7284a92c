/** The two builds of the Agents SDK, alone and in one process, loaded through the hooks as in an application. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startModelServer } from '../../../examples/model-server/server.js';
import type { ChaukasEvent } from '../../../src/index.js';
import { streamViolations } from '../../harness/check-stream.js';
import type { OtlpSpan } from '../../loading/otlp-receiver.js';
import { otlpSpanTree } from '../../loading/otlp-span-tree.js';
import { PROJECT } from '../../run-fixture.js';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');
const MODULES = path.join(path.resolve(process.env.AGENTS_DIR ?? PROJECT), 'node_modules');

interface Recorded {
  readonly spans: readonly OtlpSpan[];
  readonly events: readonly ChaukasEvent[];
}

/** The application lies beside the modules that it loads, and `telemetry.mjs` beside those of this package. */
async function runApp(...formats: string[]): Promise<Recorded & { readonly userAgents: readonly unknown[] }> {
  if (!existsSync(path.join(PROJECT, 'dist/index.js'))) {
    throw new Error('dist/index.js is missing: run "npm run build" first');
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'formats-'));
  const server = await startModelServer();
  try {
    symlinkSync(MODULES, path.join(folder, 'node_modules'), 'dir');
    cpSync(path.join(FIXTURES, 'app.mjs'), path.join(folder, 'app.mjs'));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', path.join(FIXTURES, 'telemetry.mjs'), path.join(folder, 'app.mjs'), ...formats],
      { env: { PATH: process.env.PATH, OPENAI_BASE_URL: server.url }, timeout: 60_000 },
    );
    const recorded: Recorded = JSON.parse(stdout);
    return { ...recorded, userAgents: server.requests.map(({ headers }) => headers['user-agent']) };
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const treeOf = (format: string) => [
  `invoke_workflow ${format} [INTERNAL]`,
  `  invoke_agent ${format} [INTERNAL]`,
  '    chat plain [CLIENT]',
];

test.concurrent.each([
  { build: 'the ES modules', formats: ['esm'] },
  { build: 'CommonJS', formats: ['commonjs'] },
  { build: 'both in one process', formats: ['esm', 'commonjs'] },
])(
  'A run with $build is one tree of spans and a complete stream of events',
  async ({ formats }) => {
    const { spans, events, userAgents } = await runApp(...formats);
    expect(otlpSpanTree(spans)).toEqual(formats.flatMap(treeOf));
    expect(streamViolations(events)).toEqual([]);
    expect(
      events.filter(({ type }) => type === 'EVENT_TYPE_AGENT_END').map((event) => event.agent_name),
    ).toEqual(formats);
    const { version } = JSON.parse(readFileSync(path.join(MODULES, '@openai/agents/package.json'), 'utf8'));
    expect(userAgents).toEqual(formats.map(() => `Agents/JavaScript ${version}`));
  },
  90_000,
);
