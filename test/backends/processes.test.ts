// Servers that a test starts do not outlive it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePorts } from '../../scripts/backends/free-ports.js';
import { startBackends } from '../../scripts/backends/processes.js';
import { PortTaken, type ServerCommand, startServer } from '../../scripts/backends/server-process.js';
import { isRunning } from './is-running.js';

describe('startBackends', () => {
  test('gives healthy servers, and stop() ends them', async () => {
    const backends = await startBackends({ label: 'processes' });
    const pids = Object.values(backends.pids);
    expect(pids.map(isRunning)).toEqual([true, true]);
    expect((await fetch(`${backends.jaegerOrigin}/api/services`)).status).toBe(200);
    expect(readFileSync(backends.logFiles.collector, 'utf8')).toContain('Everything is ready');
    expect(readFileSync(backends.logFiles.jaeger, 'utf8')).toContain('Everything is ready');

    await backends.stop();
    expect(pids.map(isRunning)).toEqual([false, false]);
    await backends.stop();
  });

  test('can run twice at once', async () => {
    const both = await Promise.all([startBackends({ label: 'first' }), startBackends({ label: 'second' })]);
    expect(new Set(both.flatMap(({ otlpEndpoint, jaegerOrigin }) => [otlpEndpoint, jaegerOrigin])).size).toBe(
      4,
    );
    await Promise.all(both.map((backends) => backends.stop()));
  });
});

describe('startServer', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'backends-server-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('shows the end of the log of a server that ends at once', async () => {
    await expect(
      startServer(await nodeServer("console.error('bad option'); process.exit(3)")),
    ).rejects.toThrow(/^The test server ended with exit code 3\. The end of .*:\nbad option$/);
  });

  test('says that the binary is missing', async () => {
    const command = { ...(await nodeServer('')), binary: '/nowhere/server' };
    await expect(startServer(command)).rejects.toThrow(/^The test server did not start \(.*ENOENT\)/);
  });

  test('distinguishes a port that was taken from other failures', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const command = await nodeServer(
      `require('node:net').createServer().listen(${JSON.stringify(taken.address())})`,
    );
    await expect(startServer(command)).rejects.toThrow(PortTaken);
    taken.close();
  });

  test('kills a server that does not stop on SIGTERM', async () => {
    const server = await startServer(await nodeServer(`process.on('SIGTERM', () => {}); ${healthy}`));
    await server.stop({ within: 200 });
    expect(isRunning(server.pid)).toBe(false);
  });

  test.each(['exit', 'uncaught error', 'SIGTERM', 'SIGINT'])(
    'leaves no server behind when its process ends by %s',
    async (end) => {
      const command = await nodeServer(healthy);
      const owner = spawn(
        process.execPath,
        ['--import', 'tsx', ownerScript, JSON.stringify({ command, end })],
        { stdio: ['ignore', 'pipe', 'ignore'] },
      );
      const exit = once(owner, 'exit');
      const [pid] = (await once(owner.stdout.setEncoding('utf8'), 'data')) as [string];
      if (end.startsWith('SIG')) owner.kill(end as NodeJS.Signals);
      const [, signal] = await exit;
      expect(signal).toBe(end.startsWith('SIG') ? end : null);
      await expect.poll(() => isRunning(Number(pid))).toBe(false);
    },
  );

  /** A server that answers its health check on PORT. */
  const healthy =
    "require('node:http').createServer((_, response) => response.end()).listen(process.env.PORT, '127.0.0.1');";
  const ownerScript = fileURLToPath(new URL('server-owner.ts', import.meta.url));

  async function nodeServer(script: string): Promise<ServerCommand> {
    const { port } = await freePorts('port');
    return {
      name: 'The test server',
      binary: process.execPath,
      args: ['--eval', script],
      env: { PORT: String(port) },
      health: `http://127.0.0.1:${port}/`,
      logFile: path.join(folder, 'server.log'),
    };
  }
});
