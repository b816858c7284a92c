/** The code of the README and of the pages in docs/, run as it stands there. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ModelServer, startModelServer } from '../examples/model-server/server.js';
import type { ChaukasEvent } from '../src/index.js';
import { eventLines } from '../src/testing/event-lines.js';
import { streamViolations } from './harness/check-stream.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));

/** Pages whose programs run here. Configuration, evidence, realtime, cloudevents and agent-events have tests of their own. */
const PAGES = ['getting-started', 'traces', 'content', 'sessions', 'audit-events', 'approvals'] as const;
const MARKDOWN = [
  'README',
  'docs/README',
  'docs/compatibility',
  'docs/frameworks',
  'docs/beside-other-tools',
  'docs/backends',
  'docs/comparison',
  'docs/attributes',
  'docs/limits',
  'examples/recipes/README',
  'docs/troubleshooting',
  'docs/cloudevents',
  'docs/delivery',
  ...PAGES.map((page) => `docs/${page}`),
  'examples/grafana/README',
  'examples/cloudevents/README',
  'examples/service/README',
  'examples/streaming-api/README',
  'examples/support-desk/README',
];

const readme = markdown('README');
const [telemetry = ''] = codeBlocks(readme, 'js');

// Starting OpenTelemetry's SDK in a process takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

/** Inside the repository, so that the package's own name and its peers are found. */
const folder = path.join(root, '.cache/readme-test');

let server: ModelServer;
const collector = createServer((request, response) => {
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
});
beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'telemetry.mjs'), telemetry);
  server = await startModelServer();
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  collector.close();
  await server.close();
});

/** Writes each program of a page to a file of its own, and returns their names. */
function writePrograms(page: string): string[] {
  const programs = codeBlocks(markdown(`docs/${page}`), 'js');
  expect(programs).not.toEqual([]);
  return programs.map((code, index) => {
    const file = `${page}-${index + 1}.mjs`;
    writeFileSync(path.join(folder, file), code);
    return file;
  });
}

/** A program that runs others one after the other: starting a process for each takes longer than they do. */
function importing(files: readonly string[]): string {
  return files.map((file) => `await import('./${file}');\n`).join('');
}

/** Runs a program against the model server. Whatever it writes to standard error, it has failed. */
async function play(file: string, code: string, ...flags: string[]): Promise<string> {
  writeFileSync(path.join(folder, file), code);
  const { stdout, stderr } = await run(process.execPath, [...flags, file], {
    cwd: folder,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      OPENAI_API_KEY: 'sk-local',
      OPENAI_BASE_URL: server.url,
      OPENAI_AGENTS_DISABLE_TRACING: '1',
      REDACTION_SALT: '0123456789abcdef',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    },
  });
  expect(stderr).toBe('');
  return stdout;
}

function readEvents(): ChaukasEvent[] {
  return readFileSync(path.join(folder, 'audit/events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ChaukasEvent);
}

const APP = `
import { Agent, run } from '@openai/agents';
await run(new Agent({ name: 'plain', model: 'plain' }), 'Hello');
`;

describe("The README's registration file", () => {
  it('writes the events of a run', async () => {
    expect(telemetry).toContain('// telemetry.mjs');
    await play('app.mjs', APP, '--import', './telemetry.mjs');
    const events = readEvents();
    expect(streamViolations(events)).toEqual([]);
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  SYSTEM',
      '  SYSTEM',
      'SESSION_START',
      '  AGENT_START plain',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  OUTPUT_EMITTED',
      '  AGENT_END plain',
      'SESSION_END',
      '  SYSTEM',
      'SESSION_END',
    ]);
  });
});

describe('The programs of a page in docs/', () => {
  // Those of sessions are below, since they need the registration.
  it.each(PAGES.filter((page) => page !== 'sessions'))('run: %s', async (page) => {
    await play(`${page}.mjs`, importing(writePrograms(page)));
  });

  it('hand the modules over without a hook: getting-started', async () => {
    const programs = codeBlocks(markdown('docs/getting-started'), 'js');
    const manual = programs.find((code) => code.includes('manuallyInstrument({ openai, agents })')) ?? '';
    expect(manual).not.toBe('');
    await play('manual.mjs', `${manual}\nif (agents.Runner.prototype.run.name !== 'run') process.exit(1);`);
  });

  it('register a CommonJS application: getting-started', async () => {
    const [code = ''] = codeBlocks(markdown('docs/getting-started'), 'cjs');
    writeFileSync(path.join(folder, 'telemetry.cjs'), code);
    await play('app.cjs', "require('openai');", '--require', './telemetry.cjs');
  });

  it('keep two runs in one session: sessions', async () => {
    rmSync(path.join(folder, 'audit'), { recursive: true, force: true });
    await play('sessions.mjs', importing(writePrograms('sessions')), '--import', './telemetry.mjs');
    const starts = readEvents().filter((event) => event.type === 'EVENT_TYPE_AGENT_START');
    expect(starts.map((event) => event.session_id)).toEqual([
      'ticket-1042',
      'ticket-1042',
      'chat-7',
      'chat-7',
      // The run in withContext() has no session.
      expect.stringMatching(/^[0-9a-f]{32}$/),
    ]);
  });

  it('show an event as the demo writes it: audit-events', () => {
    const [json = ''] = codeBlocks(markdown('docs/audit-events'), 'json');
    const event = JSON.parse(json) as ChaukasEvent;
    expect(event.type).toBe('EVENT_TYPE_TOOL_CALL_END');
    expect(event.tool_response?.output).toMatchObject({ orderId: 'A-1001', status: 'issued' });
  });
});

describe.each(MARKDOWN)('%s.md', (page) => {
  const text = markdown(page);

  it('links to files that exist', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(
      ([, target = '']) => target,
    );
    expect(targets.filter((target) => !existsSync(path.join(root, path.dirname(page), target)))).toEqual([]);
  });

  it('has table cells of at most 100 characters', () => {
    const cells = text
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .flatMap((line) => line.split('|').map((cell) => cell.trim()));
    expect(cells.filter((cell) => cell.length > 100)).toEqual([]);
  });
});

describe('The number of situations', () => {
  const [, played] = /^\| \*\*situations [^|]+\*\* \| \*\*(\d+)\*\*/m.exec(markdown('docs/events')) ?? [];

  it.each(['docs/README', 'docs/audit-events'])('in %s.md is that of docs/events.md', (page) => {
    expect(played).toBeDefined();
    expect(/(\d+)(?: tested)? situations/.exec(markdown(page))?.[1]).toBe(played);
  });
});

function markdown(page: string): string {
  return readFileSync(path.join(root, `${page}.md`), 'utf8');
}

function codeBlocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code = '']) => code,
  );
}
