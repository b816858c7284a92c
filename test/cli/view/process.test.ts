// agent-events view as a process: what it prints, how it ends, what it does not accept.
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { EVERY_TYPE, eventLine, printedView, runCommand, startBin, temporaryFolder } from '../run-command.js';

const folder = temporaryFolder();

const ours = (temporary: string) =>
  readdirSync(temporary).filter((name) => name.startsWith('agent-events-view-'));

it.each(['SIGINT', 'SIGTERM'] as const)(
  'The command prints its URL and ends in order with %s',
  async (signal) => {
    const file = path.join(folder, `${signal}.jsonl.gz`);
    writeFileSync(file, gzipSync(readFileSync(EVERY_TYPE)));
    const temporary = path.join(folder, signal);
    mkdirSync(temporary);
    const child = startBin(['view', file, '--no-open'], { env: { TMPDIR: temporary } });
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += chunk;
      if (printed.includes('\n')) break;
    }
    expect(printed).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}\n$/);
    const { origin, searchParams } = new URL(printed.trim());
    const headers = { authorization: `Bearer ${searchParams.get('token')}` };
    // A connection that stays open must not keep the process.
    const changes = await fetch(`${origin}/api/changes`, { headers });
    for (let events = 0; events < 27; ) {
      ({ events } = (await (await fetch(`${origin}/api/state`, { headers })).json()) as { events: number });
    }
    expect(ours(temporary)).toHaveLength(1);
    const ended = once(child, 'close');
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(ours(temporary)).toEqual([]);
    await changes.body?.cancel().catch(() => {});
  },
);

it('The command ends although its standard input goes on', async () => {
  const child = startBin(['view', '--no-open']);
  child.stdin.write(eventLine({ session_id: 'live' }));
  const { origin, headers } = await printedView(child);
  for (let events = 0; events < 1; ) {
    ({ events } = (await (await fetch(`${origin}/api/state`, { headers })).json()) as { events: number });
  }
  const ended = once(child, 'close');
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
});

it('A port that is in use is named, with what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const result = await runCommand(['view', EVERY_TYPE, '--port', String(port), '--no-open']);
  server.close();
  expect(result).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `agent-events: --port ${port}: another program listens there; use another port, or leave out --port\n`,
  });
});

it.each([
  [['--port', '0'], "option '--port <n>' argument '0' is invalid. It must be a port: 1 to 65535."],
  [['--port', '70000'], 'It must be a port: 1 to 65535.'],
  [
    ['--trace-link', 'jaeger'],
    'It must be a URL with {trace_id} in it, such as http://localhost:16686/trace/',
  ],
  [['--trace-link', 'javascript:alert("{trace_id}")'], 'It must be a URL with {trace_id} in it'],
  [['--host', '192.0.2.1'], '--host 192.0.2.1: is not an address of this machine; use 127.0.0.1'],
])('%j is refused', async (args, message) => {
  const { exitCode, stderr } = await runCommand(['view', EVERY_TYPE, '--no-open', ...args]);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
});
