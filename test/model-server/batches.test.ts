import type OpenAI from 'openai';
import { toFile } from 'openai';
import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../examples/model-server/server.js';
import { collect } from './collect.js';
import { clientOf, serverForFile } from './local-client.js';

/** Models that answer late, never, with a cut connection or with an error. */
const FAULTY: readonly Scenario[] = (
  [
    ['late', { fault: 'slow-first-chunk', ms: 2000 }],
    ['silent', { fault: 'hang' }],
    ['broken', { fault: 'cut' }],
    ['busy', { fault: 'rate-limit' }],
  ] as const
).map(([word, fault]) => ({
  id: `is-${word}`,
  description: `Is ${word}.`,
  match: { lastUserIncludes: word },
  faults: [fault],
  steps: [{ reply: { text: `It was ${word}.` } }],
}));

const server = serverForFile({ scenarios: FAULTY });

const ENDPOINT = '/v1/chat/completions';
type Line = Record<string, unknown>;

function line(id: string, said = id, more: Line = {}): Line {
  const body = { model: 'gpt-5-mini', messages: [{ role: 'user', content: said }] };
  return { custom_id: id, method: 'POST', url: ENDPOINT, body, ...more };
}

async function upload(client: OpenAI, ...lines: readonly (Line | string)[]): Promise<string> {
  const text = lines.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n');
  const file = await toFile(Buffer.from(text), 'batch.jsonl');
  return (await client.files.create({ file, purpose: 'batch' })).id;
}

async function start(client: OpenAI, ...lines: readonly (Line | string)[]): Promise<OpenAI.Batch> {
  const input_file_id = await upload(client, ...lines);
  return client.batches.create({ input_file_id, endpoint: ENDPOINT, completion_window: '24h' });
}

async function untilStatus(
  client: OpenAI,
  id: string,
  status: OpenAI.Batch['status'],
): Promise<OpenAI.Batch> {
  await expect.poll(async () => (await client.batches.retrieve(id)).status).toBe(status);
  return client.batches.retrieve(id);
}

/** The lines of an output or error file, in the order of their `custom_id`. */
async function linesOf(client: OpenAI, fileId: string | null | undefined): Promise<Line[]> {
  const text = await (await client.files.content(fileId ?? 'none')).text();
  const lines = text.trimEnd().split('\n');
  return lines
    .map((each) => JSON.parse(each) as Line)
    .sort((a, b) => (String(a.custom_id) < String(b.custom_id) ? -1 : 1));
}

describe('A batch', () => {
  test('runs its lines through the routes of the server', async () => {
    const client = clientOf(server());
    const created = await start(client, line('paris', 'Paris'), line('busy'), line('broken'), '');
    expect(created).toMatchObject({
      id: expect.stringMatching(/^batch_/),
      object: 'batch',
      endpoint: ENDPOINT,
      completion_window: '24h',
      status: 'validating',
      request_counts: { total: 0, completed: 0, failed: 0 },
      output_file_id: null,
      metadata: null,
    });
    const batch = await untilStatus(client, created.id, 'completed');
    expect(batch).toMatchObject({
      request_counts: { total: 3, completed: 1, failed: 2 },
      in_progress_at: expect.any(Number),
      completed_at: expect.any(Number),
      errors: null,
    });
    expect(await linesOf(client, batch.output_file_id)).toEqual([
      {
        id: expect.stringMatching(/^batch_req_/),
        custom_id: 'paris',
        response: {
          status_code: 200,
          request_id: expect.stringMatching(/^req_/),
          body: expect.objectContaining({
            object: 'chat.completion',
            choices: [expect.objectContaining({ finish_reason: 'stop' })],
          }),
        },
        error: null,
      },
    ]);
    expect(await linesOf(client, batch.error_file_id)).toEqual([
      expect.objectContaining({
        custom_id: 'broken',
        response: null,
        error: { code: 'server_error', message: 'The connection ended before the answer.' },
      }),
      expect.objectContaining({
        custom_id: 'busy',
        response: expect.objectContaining({
          status_code: 429,
          body: { error: expect.objectContaining({ code: 'rate_limit_exceeded' }) },
        }),
        error: null,
      }),
    ]);
    const asked = server().requests.filter(({ headers }) => headers['x-batch-id'] === batch.id);
    expect(asked.map(({ path, scenario }) => `${path} ${scenario}`).sort()).toEqual([
      `${ENDPOINT} echo`,
      `${ENDPOINT} is-broken`,
      `${ENDPOINT} is-busy`,
    ]);
  });

  test('shows how far it is', async () => {
    const client = clientOf(server());
    const { id } = await start(client, line('a'), line('b', 'late'), line('c'));
    await expect
      .poll(async () => {
        const { status, request_counts } = await client.batches.retrieve(id);
        return { status, request_counts };
      })
      .toEqual({ status: 'in_progress', request_counts: { total: 3, completed: 2, failed: 0 } });
    expect((await untilStatus(client, id, 'completed')).request_counts?.completed).toBe(3);
  });

  test('that is cancelled keeps the answers it has', async () => {
    const client = clientOf(server());
    const { id } = await start(client, line('a'), line('silent'));
    await expect.poll(async () => (await client.batches.retrieve(id)).request_counts?.completed).toBe(1);
    expect(await client.batches.cancel(id)).toMatchObject({
      status: 'cancelling',
      cancelling_at: expect.any(Number),
    });
    const batch = await untilStatus(client, id, 'cancelled');
    expect(batch).toMatchObject({ request_counts: { total: 2, completed: 1, failed: 0 } });
    expect(await linesOf(client, batch.output_file_id)).toMatchObject([{ custom_id: 'a' }]);
    expect(batch.error_file_id).toBeNull();
    await expect(client.batches.cancel(id)).rejects.toMatchObject({
      status: 400,
      message: "400 Cannot cancel a batch with status 'cancelled'.",
    });
  });

  test('runs with the key of its owner, on Azure too', async () => {
    const file = await upload(clientOf(server()), line('a'));
    const azure = (path: string, init?: RequestInit) =>
      fetch(`${server().origin}/openai${path}`, { ...init, headers: { 'api-key': 'sk-azure' } });
    const created: unknown = await (
      await azure('/batches', {
        method: 'POST',
        body: JSON.stringify({ input_file_id: file, endpoint: ENDPOINT, completion_window: '24h' }),
      })
    ).json();
    expect(created).toMatchObject({ object: 'batch' });
    const last = () => server().requests.findLast(({ headers }) => headers['x-batch-id'] !== undefined);
    await expect.poll(() => last()?.headers['api-key']).toBe('sk-azure');
    expect(last()?.status).toBe(200);
  });
});

test.each([
  ['invalid_json_line', 1, null, ['{']],
  ['missing_required_parameter', 1, 'custom_id', [{ ...line('a'), custom_id: undefined }]],
  ['missing_required_parameter', 1, 'body', [{ ...line('a'), body: undefined }]],
  ['invalid_value', 1, 'method', [line('a', 'a', { method: 'GET' })]],
  ['invalid_value', 2, 'body.stream', [line('a'), line('b', 'b', { body: { stream: true } })]],
  ['invalid_url', 1, 'url', [line('a', 'a', { url: '/v1/embeddings' })]],
  ['duplicate_custom_id', 3, 'custom_id', [line('a'), '', line('a')]],
  ['mismatched_model', 2, 'body.model', [line('a'), line('b', 'b', { body: { model: 'gpt-5' } })]],
  ['empty_file', null, null, ['\n']],
  ['too_many_requests', null, null, Array.from({ length: 1_001 }, (_, index) => line(`line-${index}`))],
] as const)('A file with %s fails its batch and runs nothing', async (code, at, param, lines) => {
  const client = clientOf(server());
  const { id } = await start(client, ...lines);
  const batch = await untilStatus(client, id, 'failed');
  expect(batch).toMatchObject({
    failed_at: expect.any(Number),
    request_counts: { total: 0, completed: 0, failed: 0 },
    errors: { object: 'list', data: [{ code, line: at, param, message: expect.any(String) }] },
  });
  expect(server().requests.filter(({ headers }) => headers['x-batch-id'] === id)).toEqual([]);
});

describe('A request for a batch is rejected', () => {
  test.each([
    [
      { endpoint: '/v1/nowhere' },
      400,
      'endpoint',
      /Invalid value: '\/v1\/nowhere'\. Supported values are: '/,
    ],
    [{ completion_window: '2h' }, 400, 'completion_window', /Supported values are: '24h'\./],
    [{ input_file_id: 'file-none' }, 404, 'input_file_id', /No such File object: file-none/],
    [{ input_file_id: undefined }, 400, 'input_file_id', /Missing required parameter: 'input_file_id'/],
    [{ metadata: { run: 7 } }, 400, 'metadata.run', /expected string/],
  ])('with %o', async (wrong, status, param, message) => {
    const client = clientOf(server());
    const body = { input_file_id: await upload(client, line('a')), endpoint: ENDPOINT, ...wrong };
    const rejected = client.post('/batches', { body: { completion_window: '24h', ...body } });
    await expect(rejected).rejects.toMatchObject({ status, param, message: expect.stringMatching(message) });
  });

  test('whose file has another purpose', async () => {
    const client = clientOf(server());
    const file = await client.files.create({
      file: await toFile(Buffer.from('x'), 'x.txt'),
      purpose: 'user_data',
    });
    await expect(
      client.batches.create({ input_file_id: file.id, endpoint: ENDPOINT, completion_window: '24h' }),
    ).rejects.toMatchObject({ status: 400, param: 'input_file_id' });
  });

  test.each(['retrieve', 'cancel'] as const)('by %s if there is none', async (method) => {
    await expect(clientOf(server()).batches[method]('batch_none')).rejects.toMatchObject({ status: 404 });
  });
});

test('Batches are listed in pages, newest first', async () => {
  const client = clientOf(server());
  const first = await start(client, line('a'));
  const second = await start(client, line('b'));
  const page = await client.batches.list({ limit: 1 });
  expect(page.data.map(({ id }) => id)).toEqual([second.id]);
  expect(page.has_more).toBe(true);
  const next = await client.batches.list({ limit: 1, after: second.id });
  expect(next.data.map(({ id }) => id)).toEqual([first.id]);
  await expect(client.batches.list({ after: 'batch_none' })).rejects.toMatchObject({ status: 400 });
});

describe('A file', () => {
  test('is kept, listed by purpose and forgotten', async () => {
    const client = clientOf(server());
    const file = await client.files.create({
      file: await toFile(Buffer.from('Café'), 'menu.txt'),
      purpose: 'assistants',
    });
    expect(file).toMatchObject({
      id: expect.stringMatching(/^file-/),
      object: 'file',
      bytes: 5,
      filename: 'menu.txt',
      purpose: 'assistants',
      status: 'processed',
    });
    expect(await client.files.retrieve(file.id)).toEqual(file);
    expect(await (await client.files.content(file.id)).text()).toBe('Café');
    expect(await collect(await client.files.list({ purpose: 'assistants' }))).toEqual([file]);
    expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    for (const call of ['retrieve', 'content', 'delete'] as const) {
      await expect(client.files[call](file.id)).rejects.toMatchObject({
        status: 404,
        message: `404 No such File object: ${file.id}`,
      });
    }
  });

  test.each([
    ['a purpose that does not exist', 'x.jsonl', 'fun', 2, 400, 'purpose'],
    ['another ending than .jsonl for a batch', 'x.txt', 'batch', 2, 400, 'file'],
    ['more than 5 MiB', 'x.jsonl', 'batch', 5 * 1024 * 1024 + 1, 413, 'file'],
  ])('with %s is refused', async (_case, name, purpose, size, status, param) => {
    const file = await toFile(Buffer.alloc(size, 'x'), name);
    const upload = clientOf(server()).files.create({ file, purpose: purpose as OpenAI.FilePurpose });
    await expect(upload).rejects.toMatchObject({ status, param });
  });

  test('is forgotten when there are more than 64 MiB', async () => {
    const client = clientOf(server());
    const file = await toFile(Buffer.alloc(5 * 1024 * 1024, 'x'), 'large.jsonl');
    const ids: string[] = [];
    for (let count = 0; count < 13; count += 1) {
      ids.push((await client.files.create({ file, purpose: 'batch' })).id);
    }
    await expect(client.files.retrieve(ids[0] ?? '')).rejects.toMatchObject({ status: 404 });
    for (const id of ids.slice(1)) expect((await client.files.retrieve(id)).id).toBe(id);
  });
});

test('A batch stops when the server closes', async () => {
  const { startModelServer } = await import('../../examples/model-server/server.js');
  const own = await startModelServer({ scenarios: FAULTY });
  const client = clientOf(own);
  await start(client, ...Array.from({ length: 10 }, (_, index) => line(`silent ${index}`)));
  const asked = () => own.requests.filter(({ headers }) => headers['x-batch-id'] !== undefined).length;
  await expect.poll(asked).toBe(4);
  await own.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked()).toBe(4);
});
