// Files that agent-events view makes of sessions and events.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { csvHeader } from '../../../src/cli/convert/csv.js';
import type { SessionDetail, SessionPage } from '../../../src/cli/view/view-api.js';
import { EVERY_TYPE, eventLine, temporaryFolder } from '../run-command.js';
import { startView } from './started-view.js';

const lines = readFileSync(EVERY_TYPE, 'utf8').trim().split('\n');
const ofOrder = lines.filter((line) => line.includes('"session_id":"order-1042"'));
const folder = temporaryFolder();

describe('The export', () => {
  it('of sessions has those that pass the filter', async () => {
    const { get, json } = await startView([EVERY_TYPE]);
    const response = await get('/api/export/sessions');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="sessions.json"');
    expect(await response.json()).toEqual((await json<SessionPage>('/api/sessions')).rows);
    expect(await json('/api/export/sessions?agent=none')).toEqual([]);
    const csv = await (await get('/api/export/sessions?format=csv&q=kettle')).text();
    expect(csv.split('\r\n')).toEqual([
      'session_id,name,user,agents,models,tools,start,end,duration_ms,outcome,events,model_calls,tool_calls,errors,retries,decisions,refusals,input_tokens,output_tokens,total_tokens,cached_tokens,cost',
      'order-1042,support,,triage;refunds,gpt-5-mini;gpt-5,search_orders;refund_card,2026-03-14T09:26:54.000Z,2026-03-14T09:26:57.837Z,3837,completed,24,2,2,1,1,1,0,4016,155,4171,0,"{""USD"":0.004006}"',
      '',
    ]);
  });

  it('of events has the lines of those sessions unchanged', async () => {
    const { get } = await startView([EVERY_TYPE]);
    expect(await (await get('/api/export/events')).text()).toBe(`[${ofOrder.join(',\n')}]`);
    const csv = await (await get('/api/export/events?format=csv&session=*')).text();
    expect(csv.startsWith(csvHeader())).toBe(true);
    expect(csv.match(/^01931f2a-/gm)).toHaveLength(lines.length);
  });

  it('of one session has its tree and its events', async () => {
    const { get, json } = await startView([EVERY_TYPE]);
    const { events, ...detail } = await json<SessionDetail & { events: unknown[] }>(
      '/api/export/session?id=order-1042',
    );
    expect(detail).toEqual(await json<SessionDetail>('/api/sessions/order-1042'));
    expect(events).toEqual(ofOrder.map((line) => JSON.parse(line)));
    const csv = await (await get('/api/export/session?id=order-1042&format=csv')).text();
    expect(csv.match(/^01931f2a-/gm)).toHaveLength(ofOrder.length);
  });

  it('keeps formulas out of a spreadsheet', async () => {
    const file = path.join(folder, 'formula.jsonl');
    writeFileSync(file, eventLine({ session_id: '=1+1', agent_name: '@SUM(A1)', type: 'EVENT_TYPE_ERROR' }));
    const { get } = await startView([file]);
    const csv = await (await get('/api/export/sessions?format=csv')).text();
    expect(csv.split('\r\n')[1]).toMatch(/^'=1\+1,,,'@SUM\(A1\),/);
  });

  it.each([
    ['/api/export/sessions?format=xml', 400],
    ['/api/export/session?id=none', 404],
    ['/api/export/session', 404],
  ])('%s: %i', async (url, status) => {
    const { get } = await startView([EVERY_TYPE]);
    expect((await get(url)).status).toBe(status);
  });
});
