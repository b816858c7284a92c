import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../examples/model-server/app.js';
import { FaultLedger } from '../../examples/model-server/faults/fault-ledger.js';
import { openApiDocument } from '../../examples/model-server/openapi.js';
import { startModelServer } from '../../examples/model-server/server.js';
import { clientOf, playing, serverForFile } from './local-client.js';

// Read before the first server starts, which is where an adapter would replace them.
const processOwn = { Request, Response };
const server = serverForFile();

async function call(path: string, init?: RequestInit) {
  const response = await fetch(server().origin + path, init);
  return { status: response.status, body: await response.json() };
}

describe('models', () => {
  test('are listed together with the scenarios', async () => {
    const models = (await clientOf(server()).models.list()).data;
    expect(models.map((model) => model.id)).toEqual(
      expect.arrayContaining(['gpt-5-mini', 'support-desk', 'echo']),
    );
  });

  test('are retrieved by id, or not found', async () => {
    const { models } = clientOf(server());
    expect(await models.retrieve('gpt-4o-mini-2024-07-18')).toMatchObject({
      object: 'model',
      owned_by: 'openai',
    });
    await expect(models.retrieve('nobody')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });
});

describe('the shop', () => {
  const refund = (body: object) => call('/shop/refunds', { method: 'POST', body: JSON.stringify(body) });

  test('knows its orders', async () => {
    expect(await call('/shop/orders/A-1001')).toMatchObject({
      status: 200,
      body: { id: 'A-1001', total: 42.5 },
    });
    expect(await call('/shop/orders/Z-9')).toMatchObject({
      status: 404,
      body: { error: { code: 'order_not_found' } },
    });
  });

  test.each([
    [{ orderId: 'A-1001', amount: 42.5 }, 201, { refundId: 'R-A-1001', status: 'issued', amount: 42.5 }],
    [{ orderId: 'A-1001', amount: 43 }, 422, { error: { code: 'refund_refused' } }],
    [{ orderId: 'A-1003', amount: 1 }, 422, { error: { code: 'refund_refused' } }],
    [{ orderId: 'Z-9', amount: 1 }, 404, { error: { code: 'order_not_found' } }],
    [{ orderId: 'A-1001' }, 400, { error: { param: 'amount' } }],
  ])('refunds %o with %i', async (body, status, answer) => {
    expect(await refund(body)).toMatchObject({ status, body: answer });
  });
});

test('health', async () => {
  expect(await call('/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
});

test('the OpenAPI document names every route, and no other', async () => {
  expect((await call('/openapi.json')).body).toEqual(openApiDocument());
  const document: { paths?: Record<string, object> } = openApiDocument();
  const described = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routed = createApp({ scenarios: [], ledger: new FaultLedger() }, [])
    .routes.filter((route) => route.method !== 'ALL')
    .map((route) => `${route.method} ${route.path.replace(/:(\w+)/g, '{$1}')}`);
  expect(described.sort()).toEqual(routed.sort());
});

test('Requests are recorded as they arrived', async () => {
  const before = Date.now();
  await clientOf(server()).responses.create({ model: 'gpt-5-mini', input: 'Hi' }, playing('plain'));
  expect(server().requests.at(-1)).toMatchObject({
    method: 'POST',
    path: '/v1/responses',
    headers: { authorization: 'Bearer sk-local', 'x-scenario': 'plain' },
    body: { model: 'gpt-5-mini', input: 'Hi' },
    scenario: 'plain',
    status: 200,
  });
  expect(server().requests.at(-1)?.receivedAt).toBeGreaterThanOrEqual(before);
});

test('the process keeps its own Request and Response', async () => {
  await call('/healthz');
  expect({ Request, Response }).toEqual(processOwn);
});

describe('close', () => {
  test('ends streams and idle connections at once, and can be called again', async () => {
    const other = await startModelServer();
    const idle = connect(Number(new URL(other.origin).port), '127.0.0.1');
    await once(idle, 'connect');
    const idleClosed = once(idle, 'close');
    const options = playing('plain', 'slow-chunk;ms=60000');
    const stream = await clientOf(other).responses.create(
      { model: 'gpt-5-mini', input: 'Hi', stream: true },
      options,
    );
    const reading = (async () => {
      for await (const _event of stream);
    })();
    const failed = expect(reading).rejects.toThrow('terminated');
    const hanging = clientOf(other).responses.create(
      { model: 'gpt-5-mini', input: 'Hi' },
      playing('plain', 'hang'),
    );
    const hung = expect(hanging).rejects.toThrow('Connection error.');
    await expect.poll(() => other.requests.length).toBe(2);

    const started = performance.now();
    await other.close();
    await Promise.all([failed, hung, idleClosed, other.close()]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('frees the port, and an error names a port that is taken', async () => {
    const first = await startModelServer();
    const port = Number(new URL(first.origin).port);
    await expect(startModelServer({ port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: free it`);
    await first.close();
    const second = await startModelServer({ port });
    expect(second.url).toBe(first.url);
    await second.close();
  });
});

test('The command prints its address, and stops on a signal', async () => {
  const command = spawn(process.execPath, ['--import', 'tsx', 'examples/model-server/main.ts'], {
    env: { ...process.env, PORT: '0' },
  });
  const exited = once(command, 'exit');
  let printed = '';
  for await (const chunk of command.stdout.setEncoding('utf8')) {
    printed += chunk;
    if (printed.includes('Try:')) command.kill('SIGTERM');
  }
  expect(printed).toMatch(/^Model server: http:\/\/127\.0\.0\.1:\d+\/v1\nScenarios: .*support-desk/);
  expect((await exited)[0]).toBe(0);
});
