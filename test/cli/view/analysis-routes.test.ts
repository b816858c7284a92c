import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fileInput } from '../../../src/cli/input/input.js';
import { analysisRoutes } from '../../../src/cli/view/api/analysis-routes.js';
import { SessionTrees } from '../../../src/cli/view/api/session-detail.js';
import { SessionList } from '../../../src/cli/view/api/session-list.js';
import { RunningView } from '../../../src/cli/view/running-view.js';
import { EventIndex } from '../../../src/cli/view/stored/event-index.js';
import type { Comparison, Overview } from '../../../src/cli/view/view-api.js';
import { EVERY_TYPE } from '../run-command.js';

/** Serves the file with every type, once it has been read. */
async function served(): Promise<(path: string) => Promise<Response>> {
  const view = await RunningView.start({
    inputs: [fileInput(EVERY_TYPE)],
    follow: false,
    host: '127.0.0.1',
    port: 0,
    onError: (error) => {
      throw error;
    },
  });
  onTestFinished(() => view.close());
  const { origin, searchParams } = new URL(view.url);
  const authorization = `Bearer ${searchParams.get('token')}`;
  await expect.poll(() => view.state().indexed, { timeout: 30_000 }).toBe(true);
  return (path) => fetch(origin + path, { headers: { authorization } });
}

describe('The server of the view', () => {
  it('answers with the overview of the sessions that a query selects', async () => {
    const get = await served();
    const overview = async (query: string) => (await (await get(`/api/overview${query}`)).json()) as Overview;
    expect(await overview('')).toMatchObject({ sessions: 1, tokens: { total: 4171 }, errors: 1, retries: 1 });
    expect(await overview('?model=gpt-5*')).toMatchObject({ sessions: 1, tokens: { total: 4171 } });
    expect(await overview('?model=other')).toMatchObject({ sessions: 0, tokens: { total: 0 }, models: [] });
    const until = Date.parse('2026-03-14T09:26:55.500Z');
    expect((await overview(`?until=${until}`)).models.map(({ name }) => name)).toEqual(['gpt-5-mini']);
  });

  it('compares two sessions', async () => {
    const get = await served();
    const response = await get('/api/compare?left=order-1042&right=order-1042');
    const { steps, left } = (await response.json()) as Comparison;
    expect(left.id).toBe('order-1042');
    expect(steps).toHaveLength(16);
    expect(new Set(steps.map(({ state }) => state))).toEqual(new Set(['same']));
  });

  it('says which session is missing or unknown', async () => {
    const get = await served();
    const problem = async (path: string) => [(await get(path)).status, await (await get(path)).json()];
    expect(await problem('/api/compare?left=order-1042')).toEqual([
      400,
      { problem: 'Two sessions are needed: left and right, with their ids.' },
    ]);
    expect(await problem('/api/compare?left=order-1042&right=x')).toEqual([
      404,
      { problem: 'There is no such session; its events may not have been read yet.' },
    ]);
  });

  it('exports the overview as JSON and as CSV', async () => {
    const get = await served();
    const csv = await get('/api/export/overview?format=csv');
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="overview.csv"');
    expect(await csv.text()).toContain('\r\nmodel,gpt-5,');
    const json = await get('/api/export/overview');
    expect(((await json.json()) as Overview).tokens.total).toBe(4171);
    expect((await get('/api/export/overview?format=xml')).status).toBe(400);
  });

  it('computes an overview again when events have come, but seldom while files are read', async () => {
    const index = new EventIndex();
    let filling = true;
    const sessions = new SessionList(index);
    const trees = new SessionTrees(index, () => undefined);
    const routes = analysisRoutes(index, sessions, trees, () => filling);
    const errors = async (query = '') => {
      const route = routes.find(({ path }) => path === '/api/overview');
      const answer = await route?.answer({
        params: {},
        query: new URLSearchParams(query),
        message: new IncomingMessage(new Socket()),
        signal: new AbortController().signal,
      });
      return (JSON.parse(String(answer?.body)) as Overview).errors;
    };
    const add = (id: number) =>
      index.add(
        { type: 'EVENT_TYPE_ERROR', session_id: `s${id}` },
        { file: 0, offset: 0, length: 0, line: 1 },
      );
    for (let id = 0; id < 100_000; id += 1) add(id);
    expect(await errors()).toBe(100_000);
    add(100_000);
    expect(await errors()).toBe(100_000);
    // Another one has not been asked for.
    expect(await errors('has=errors')).toBe(100_001);
    filling = false;
    expect(await errors()).toBe(100_001);
    add(100_001);
    expect(await errors()).toBe(100_002);
  });
});
