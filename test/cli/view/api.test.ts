// The answers of agent-events view, over HTTP, from files.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type {
  ApiProblem,
  EventDetail,
  SessionDetail,
  SessionPage,
  ViewState,
} from '../../../src/cli/view/view-api.js';
import { EVERY_TYPE, eventLine, temporaryFolder } from '../run-command.js';
import { startView } from './started-view.js';

const folder = temporaryFolder();
let files = 0;

function fileOf(...lines: readonly string[]): string {
  files += 1;
  const file = path.join(folder, `${files}.jsonl`);
  writeFileSync(file, lines.join(''));
  return file;
}

/** The START and the END of a session, and what it has between them. */
function session(id: string, second: number, members: Record<string, unknown>[], end = {}): string {
  const at = (offset: number) => new Date(Date.UTC(2026, 2, 14, 9, 0, second) + offset).toISOString();
  const lines = [
    eventLine({ type: 'EVENT_TYPE_SESSION_START', session_id: id, timestamp: at(0) }),
    ...members.map((member, index) =>
      eventLine({ session_id: id, span_id: `s${index >> 1}`, timestamp: at(index), ...member }),
    ),
    eventLine({ type: 'EVENT_TYPE_SESSION_END', session_id: id, timestamp: at(900), ...end }),
  ];
  return lines.join('');
}

const start = (agent: string, model: string) => ({
  type: 'EVENT_TYPE_MODEL_INVOCATION_START',
  agent_name: agent,
  llm_invocation: { model },
});
const end = (agent: string, model: string, total: number, cost: number) => ({
  ...start(agent, model),
  type: 'EVENT_TYPE_MODEL_INVOCATION_END',
  llm_invocation: { model, prompt_tokens: total - 1, completion_tokens: 1, total_tokens: total },
  cost: { total_cost: cost, currency: 'USD' },
});

const SESSIONS = [
  session('cheap', 1, [start('desk', 'gpt-5-mini'), end('desk', 'gpt-5-mini', 10, 0.01)]),
  session('dear', 2, [start('lawyer', 'gpt-5'), end('lawyer', 'gpt-5', 500, 2)], {
    status: 'EVENT_STATUS_FAILED',
  }),
  session('tool', 3, [
    {
      type: 'EVENT_TYPE_TOOL_CALL_START',
      agent_name: 'desk',
      tool_call: { name: 'search', arguments: { q: 'Grüße' } },
    },
    { type: 'EVENT_TYPE_ERROR', error: { error_message: 'It says "no"\n' } },
    { type: 'EVENT_TYPE_RETRY' },
  ]),
  eventLine({ type: 'EVENT_TYPE_SESSION_START', session_id: 'open', metadata: { user_id: 'ada' } }),
  eventLine({ type: 'EVENT_TYPE_POLICY_DECISION', session_id: 'open', policy: { outcome: 'deny' } }),
];

describe('The state', () => {
  it('names the sources, with what could not be read', async () => {
    const file = fileOf(SESSIONS.join(''), 'no JSON\n', '[1]\n', '{"type":""}\n', '\n');
    const { json } = await startView([file], { traceLink: 'http://jaeger/{trace_id}' });
    expect(await json<ViewState>('/api/state')).toMatchObject({
      events: 15,
      sessions: 4,
      indexed: true,
      live: true,
      traceLink: 'http://jaeger/{trace_id}',
      sources: [
        {
          name: file,
          notices: [
            expect.stringMatching(/^line 16: not JSON/),
            'line 17: not an event: an array instead of an object',
            'line 18: not an event: it has no "type"',
          ],
        },
      ],
    });
  });

  it('is not live without following', async () => {
    const { json } = await startView([fileOf(...SESSIONS)], { follow: false });
    expect(await json<ViewState>('/api/state')).toMatchObject({ events: 15, live: false });
  });

  it('comes again as a server-sent event when events have arrived', async () => {
    const file = fileOf(...SESSIONS);
    const { get } = await startView([file]);
    const response = await get('/api/changes');
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const states: number[] = [];
    let text = '';
    while (states.at(-1) !== 16) {
      const { value = '' } = (await reader?.read()) ?? {};
      text += value;
      for (let at = text.indexOf('\n\n'); at !== -1; at = text.indexOf('\n\n')) {
        states.push(JSON.parse(text.slice(text.indexOf('data: ') + 6, at)).events);
        text = text.slice(at + 2);
        if (states.length === 1) writeFileSync(file, eventLine({ session_id: 'more' }), { flag: 'a' });
      }
    }
    expect(states[0]).toBe(15);
    await reader?.cancel();
  });
});

describe('The list of sessions', () => {
  it('sums up each session, the newest first', async () => {
    const { json } = await startView([EVERY_TYPE]);
    const { rows, total, choices, searched } = await json<SessionPage>('/api/sessions');
    expect({ total, choices, searched }).toEqual({
      total: 1,
      searched: 1,
      choices: {
        agent: ['refunds', 'triage'],
        model: ['gpt-5', 'gpt-5-mini'],
        tool: ['refund_card', 'search_orders'],
        user: [],
      },
    });
    expect(rows).toEqual([
      {
        id: 'order-1042',
        name: 'support',
        agents: ['triage', 'refunds'],
        models: ['gpt-5-mini', 'gpt-5'],
        tools: ['search_orders', 'refund_card'],
        startTime: Date.UTC(2026, 2, 14, 9, 26, 54),
        endTime: Date.UTC(2026, 2, 14, 9, 26, 57, 837),
        durationMs: 3837,
        outcome: 'completed',
        events: 24,
        modelCalls: 2,
        toolCalls: 2,
        errors: 1,
        retries: 1,
        decisions: 1,
        refusals: 0,
        tokens: { input: 4016, output: 155, total: 4171, cached: 0 },
        costs: { USD: 0.004006 },
      },
    ]);
  });

  const QUERIES: readonly (readonly [query: string, ids: readonly string[]])[] = [
    ['', ['open', 'tool', 'dear', 'cheap']],
    ['order=asc', ['cheap', 'dear', 'tool', 'open']],
    ['sort=cost', ['dear', 'cheap', 'open', 'tool']],
    ['sort=tokens&order=asc', ['tool', 'open', 'cheap', 'dear']],
    ['sort=agent&order=asc', ['cheap', 'tool', 'dear', 'open']],
    ['sort=errors&limit=1', ['tool']],
    ['offset=1&limit=2', ['tool', 'dear']],
    ['agent=desk', ['tool', 'cheap']],
    ['agent=l*r', ['dear']],
    ['agent=desk&agent=lawyer&model=gpt-5*', ['dear', 'cheap']],
    ['tool=search', ['tool']],
    ['user=ada', ['open']],
    ['session=*e*', ['open', 'dear', 'cheap']],
    ['outcome=failed', ['dear']],
    ['outcome=failed&outcome=open', ['open', 'dear']],
    ['has=errors', ['tool']],
    ['has=errors&has=retries', ['tool']],
    ['has=refusals', ['open']],
    [`since=${Date.UTC(2026, 2, 14, 9, 0, 3)}`, ['open', 'tool']],
    [`until=${Date.UTC(2026, 2, 14, 9, 0, 2)}`, ['cheap']],
    ['q=LAWYER', ['dear']],
    ['q=GR%C3%9CSSE', []],
    ['q=GR%C3%9C%C3%9FE', ['tool']],
    ['q=it%20says%20%22NO%22', ['tool']],
    ['q=%22%0A', ['tool']],
    ['q=nothing%20has%20this', []],
    ['q=model_invocation&agent=desk', ['cheap']],
  ];

  it.each(QUERIES)('?%s', async (query, ids) => {
    const { json } = await startView([fileOf(...SESSIONS)], { follow: false });
    const { rows, searched } = await json<SessionPage>(`/api/sessions?${query}`);
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(searched).toBe(1);
  });

  const WRONG: readonly (readonly [query: string, problem: string])[] = [
    ['sort=name', 'sort "name" is unknown; use one of start, duration,'],
    ['order=up', 'order "up" is unknown; use one of asc, desc.'],
    ['limit=1001', 'limit 1001 is too large; use at most 1000.'],
    ['offset=-1', 'offset "-1" must be a whole number, 0 or more.'],
    ['since=today', 'since "today" must be a time in milliseconds since the epoch.'],
    ['outcome=good', 'outcome "good" is unknown; use one of completed, failed, cancelled, open.'],
    ['has=luck', 'has "luck" is unknown; use one of errors, retries, refusals.'],
    [`q=${'x'.repeat(1001)}`, 'q is longer than 1000 characters; use a shorter text.'],
  ];

  it('refuses a wrong parameter with its name, its value and what to do', async () => {
    const { get } = await startView([EVERY_TYPE]);
    for (const [query, problem] of WRONG) {
      const response = await get(`/api/sessions?${query}`);
      expect([response.status, ((await response.json()) as ApiProblem).problem]).toEqual([
        400,
        expect.stringContaining(problem),
      ]);
    }
  });
});

describe('A session', () => {
  it('is a tree, depth first, with the numbers of the events of each row', async () => {
    const { json } = await startView([EVERY_TYPE]);
    const { nodes, omitted } = await json<SessionDetail>('/api/sessions/order-1042');
    expect(omitted).toBe(0);
    // Its values, not its JSON.
    expect(nodes.find(({ kind }) => kind === 'state')?.summary).toBe('refund by_bank');
    const rows = nodes.map(
      ({ depth, kind, name, outcome, retries, events }) =>
        `${'  '.repeat(depth)}${kind} ${name ?? '-'} ${outcome} ${retries} [${events.join(' ')}]`,
    );
    expect(rows).toMatchInlineSnapshot(`
      [
        "session support completed 0 [2 25]",
        "  agent triage completed 0 [3 18]",
        "    input - completed 0 [4]",
        "    model gpt-5-mini completed 1 [5 7]",
        "      retry - completed 0 [6]",
        "    policy - completed 0 [8]",
        "    tool search_orders completed 0 [9 13]",
        "      mcp orders tools/call completed 0 [10 12]",
        "      data - completed 0 [11]",
        "    tool refund_card failed 0 [14 16]",
        "      error - failed 0 [15]",
        "    handoff - completed 0 [17]",
        "  agent refunds completed 0 [19 24]",
        "    state - completed 0 [20]",
        "    model gpt-5 completed 0 [21 22]",
        "    output - completed 0 [23]",
      ]
    `);
  });

  it('has an id that may need escapes', async () => {
    const { json } = await startView([fileOf(eventLine({ session_id: 'a/b?c#d é' }))]);
    const { summary } = await json<SessionDetail>(`/api/sessions/${encodeURIComponent('a/b?c#d é')}`);
    expect(summary.id).toBe('a/b?c#d é');
  });

  it('that is unknown is not found', async () => {
    const { get } = await startView([EVERY_TYPE]);
    expect((await get('/api/sessions/none')).status).toBe(404);
  });
});

describe('An event', () => {
  it('is shown as its line has it, with its place, hash and chain', async () => {
    const { json } = await startView([EVERY_TYPE]);
    const first = await json<EventDetail>('/api/events/2');
    expect(first).toMatchObject({ number: 2, source: EVERY_TYPE, line: 3, provable: false });
    expect(first.event.event_id).toBe('01931f2a-7c00-7000-8000-000000000004');
    expect(first.hash).toMatchObject({ state: 'right', recorded: first.event.content_hash });
    expect(first.chain).toEqual({ state: 'first' });
    expect((await json<EventDetail>('/api/events/3')).chain).toEqual({
      state: 'right',
      recorded: first.event.content_hash,
    });
  });

  it('that was changed has a wrong hash, and the next one follows another', async () => {
    const lines = readFileSync(EVERY_TYPE, 'utf8').split(/(?<=\n)/);
    const changed = [...lines.slice(0, 3), String(lines[3]).replace('triage', 'tirage'), ...lines.slice(5)];
    const { json } = await startView([fileOf(...changed)]);
    expect((await json<EventDetail>('/api/events/3')).hash.state).toBe('wrong');
    expect((await json<EventDetail>('/api/events/4')).chain.state).toBe('wrong');
  });

  it('without hashes says so', async () => {
    const { json } = await startView([fileOf(eventLine({}))]);
    const { hash, chain } = await json<EventDetail>('/api/events/0');
    expect([hash.state, chain.state]).toEqual(['absent', 'absent']);
  });

  it('keeps numbers and members as they are written', async () => {
    const line = '{"type":"X","session_id":"s","n":12345678901234567890,"n":1.0}';
    const { get } = await startView([fileOf('\ufeff', line, '\r\n')]);
    expect(await (await get('/api/events/0')).text()).toContain(`{"event":${line},`);
  });

  it.each([
    ['/api/events/27', 404],
    ['/api/events/-1', 400],
    ['/api/events/x', 400],
  ])('%s: %i', async (path, status) => {
    const { get } = await startView([EVERY_TYPE]);
    expect((await get(path)).status).toBe(status);
  });
});

describe('Hostile input', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);

  it('neither crashes nor hides the events beside it', async () => {
    const lines = [
      eventLine({ session_id: 's', agent_name: '\u001b[2J<script>alert(1)</script>' }),
      `{"type":"EVENT_TYPE_SYSTEM","session_id":"s","metadata":${deep}}\n`,
      `{"type":"EVENT_TYPE_ERROR","session_id":"s","llm_invocation":"x","cost":[1],"error":7}\n`,
      `{"type":"EVENT_TYPE_MODEL_INVOCATION_END","session_id":"s","cost":{"currency":"__proto__","total_cost":1},"llm_invocation":{"model":"__proto__","total_tokens":1e400}}\n`,
      `${'x'.repeat(5 * 1024 * 1024)}\n`,
      '\u0000\u0000\n',
      eventLine({ session_id: '__proto__', timestamp: 'no time' }),
    ];
    const { json, get } = await startView([fileOf(...lines)]);
    const { events, sources } = await json<ViewState>('/api/state');
    expect(events).toBe(5);
    expect(sources[0]?.notices).toEqual([
      'line 5: longer than 4 MiB; skipped',
      expect.stringMatching(/^line 6: not JSON/),
    ]);
    const { rows } = await json<SessionPage>('/api/sessions?session=*');
    expect(rows.map(({ id }) => id).sort()).toEqual(['__proto__', 's']);
    await json<SessionDetail>('/api/sessions/s');
    await json<SessionDetail>('/api/sessions/__proto__');
    // The event is sent as it is; only its hash cannot be computed.
    expect((await (await get('/api/events/1')).text()).length).toBeGreaterThan(200_000);
  });
});
