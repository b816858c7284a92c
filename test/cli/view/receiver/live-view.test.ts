// `agent-events view --listen` as a user starts it, with an application that is switched on by `--import …/register`.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SessionPage, ViewState } from '../../../../src/cli/view/view-api.js';
import { runProgram } from '../../../loading/run-app.js';
import { WEATHER_APP_STDOUT } from '../../../loading/weather-app.js';
import { runBin, startBin } from '../../run-command.js';

const REGISTER = 'opentelemetry-instrumentation-openai-agents/register';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface RunningCommand {
  readonly origin: string;
  readonly printed: string;
  get<Answer>(path: string): Promise<Answer>;
  end(): Promise<number | null>;
}

async function startListening(): Promise<RunningCommand> {
  const port = await freePort();
  const child = startBin(['view', '--listen', String(port), '--no-open']);
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr.on('data', (chunk) => {
    printed += chunk;
  });
  await expect.poll(() => printed, { timeout: 50_000 }).toContain('press Ctrl-C');
  const url = new URL(/http:\S+/.exec(printed)?.[0] ?? '');
  const headers = { authorization: `Bearer ${url.searchParams.get('token')}` };
  return {
    origin: url.origin,
    printed,
    get: async <Answer>(path: string) =>
      (await fetch(url.origin + path, { headers })).json() as Promise<Answer>,
    end: async () => {
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    },
  };
}

/** The application's sessions that the page shows once all of them have ended. */
async function shownSessions({ get }: RunningCommand, count: number): Promise<SessionPage['rows']> {
  let rows: SessionPage['rows'] = [];
  const ended = async () => {
    rows = (await get<SessionPage>('/api/sessions')).rows.filter(({ modelCalls }) => modelCalls > 0);
    return rows.filter(({ outcome }) => outcome !== 'open').length;
  };
  await expect.poll(ended, { timeout: 60_000, interval: 200 }).toBe(count);
  return rows;
}

describe('agent-events view --listen', () => {
  it.each([
    ['spans', {}],
    ['spans and events', { CHAUKAS_OUTPUT_MODE: 'otlp', CHAUKAS_TENANT_ID: 'acme' }],
  ])('shows the %s of a program with its printed variables, each call once', async (what, env) => {
    const view = await startListening();
    expect(view.printed).toContain(`OTEL_EXPORTER_OTLP_ENDPOINT=${view.origin}\n`);
    expect(view.printed).toContain('OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n');
    const run = await runProgram({
      nodeArguments: ['--import', REGISTER, 'app.mjs'],
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: view.origin,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_METRICS_EXPORTER: 'none',
        ...env,
      },
    });
    expect(run).toMatchObject({ exitCode: 0, stdout: WEATHER_APP_STDOUT });
    const rows = await shownSessions(view, 2);
    expect(rows.map(({ modelCalls, toolCalls, outcome }) => ({ modelCalls, toolCalls, outcome }))).toEqual(
      expect.arrayContaining([
        { modelCalls: 2, toolCalls: 1, outcome: 'completed' },
        { modelCalls: 1, toolCalls: 0, outcome: 'completed' },
      ]),
    );
    const { receiver, live, sources } = await view.get<ViewState>('/api/state');
    expect(receiver).toMatchObject({ endpoint: view.origin, refused: 0, removed: 0 });
    expect([live, sources.map(({ name }) => name)]).toEqual([true, ['received']]);
    expect(receiver?.spans).toBeGreaterThan(what === 'spans' ? 5 : 0);
    expect(await view.end()).toBe(0);
  });

  it('takes telemetry without the token, but not of another host or a page of another origin', async () => {
    const { origin } = await startListening();
    const post = (headers: Record<string, string>) =>
      fetch(`${origin}/v1/traces`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect((await post({})).status).toBe(200);
    expect((await post({ origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await fetch(`${origin}/api/state`)).status).toBe(401);
  });

  it('refuses --port beside it, and a port that is taken', async () => {
    const both = await runBin(['view', '--listen', '--port', '80']);
    expect([both.exitCode, both.stderr]).toEqual([2, expect.stringContaining('leave out --port')]);
    const { origin } = await startListening();
    const { port } = new URL(origin);
    const taken = await runBin(['view', '--listen', port, '--no-open']);
    expect([taken.exitCode, taken.stderr]).toEqual([
      2,
      expect.stringContaining(`--listen ${port}: another program listens there; use another port`),
    ]);
  });
});
