import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CallTable, Slowest, StartedSpans } from '../../src/cli/stats/event-stats.js';
import { EVERY_TYPE, eventLine, runCommand } from './run-command.js';

async function statsOf(lines: string, ...flags: string[]) {
  const { exitCode, stdout, stderr } = await runCommand(['stats', '--json', ...flags], { stdin: lines });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout);
}

test('stats shows every type', async () => {
  const result = await runCommand(['stats', '--slowest', '2', '-'], { stdin: readFileSync(EVERY_TYPE) });
  expect(result).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: `
events    27
from      2026-03-14T09:26:53.000Z to 2026-03-14T09:26:57.838Z
sessions  2 started, 2 ended
tokens    4,171 (4,016 in, 155 out)
cost      $0.004006
errors    1 ERROR event; 1 of 6 operations failed (16.7 %)
retries   1, 500 ms of waiting
coverage  19 of 19 types

types
  SESSION_START           2
  SESSION_END             2
  AGENT_START             2
  AGENT_END               2
  AGENT_HANDOFF           1
  MODEL_INVOCATION_START  2
  MODEL_INVOCATION_END    2
  TOOL_CALL_START         2
  TOOL_CALL_END           2
  MCP_CALL_START          1
  MCP_CALL_END            1
  INPUT_RECEIVED          1
  OUTPUT_EMITTED          1
  ERROR                   1
  RETRY                   1
  POLICY_DECISION         1
  DATA_ACCESS             1
  STATE_UPDATE            1
  SYSTEM                  1

models
  model       calls  failed    mean     max     in  out       cost
  gpt-5           1       0  2.20 s  2.20 s  2,204   61  $0.003365
  gpt-5-mini      1       0  1.45 s  1.45 s  1,812   94  $0.000641

agents
  agent    calls  failed    mean     max
  refunds      1       0  2.21 s  2.21 s
  triage       1       0  1.62 s  1.62 s

tools
  tool           calls  failed   mean    max
  refund_card        1       1  71 ms  71 ms
  search_orders      1       0  62 ms  62 ms

mcp
  operation          calls  failed   mean    max
  orders tools/call      1       0  59 ms  59 ms

slowest
  model  gpt-5       2.20 s  session order-1042  standard input:23
  model  gpt-5-mini  1.45 s  session order-1042  standard input:8
`.trimStart(),
  });
});

test('stats --json prints the report as JSON', async () => {
  const none = { input: 0, output: 0, total: 0 };
  const stats = await statsOf(
    [
      eventLine({ type: 'EVENT_TYPE_SESSION_START', span_id: '1' }),
      eventLine({
        type: 'EVENT_TYPE_MODEL_INVOCATION_START',
        span_id: '2',
        timestamp: '2026-03-14T09:26:54.000Z',
        llm_invocation: { model: 'm' },
      }),
      eventLine({
        type: 'EVENT_TYPE_MODEL_INVOCATION_END',
        span_id: '2',
        timestamp: '2026-03-14T09:26:54.250Z',
        status: 'EVENT_STATUS_FAILED',
        severity: 'SEVERITY_INFO',
        llm_invocation: { model: 'm' },
      }),
      eventLine({ type: 'EVENT_TYPE_TOOL_CALL_START', span_id: '3', tool_call: { name: 't' } }),
      eventLine({ type: 'EVENT_TYPE_TOOL_CALL_START', span_id: '4', tool_call: { name: 't' } }),
      eventLine({ type: 'EVENT_TYPE_TOOL_CALL_END', span_id: '4', status: 'EVENT_STATUS_CANCELLED' }),
      eventLine({
        type: 'EVENT_TYPE_RETRY',
        severity: 'SEVERITY_WARN',
        retry: { attempt: 1, backoff_ms: 20 },
      }),
      eventLine({ type: 'EVENT_TYPE_OF_TOMORROW' }),
    ].join(''),
  );
  expect(stats).toEqual({
    events: 8,
    unreadable_lines: 0,
    first: '2026-03-14T09:26:53.000Z',
    last: '2026-03-14T09:26:54.250Z',
    types: {
      SESSION_START: 1,
      MODEL_INVOCATION_START: 1,
      MODEL_INVOCATION_END: 1,
      TOOL_CALL_START: 2,
      TOOL_CALL_END: 1,
      RETRY: 1,
      OF_TOMORROW: 1,
    },
    coverage: {
      known: 19,
      seen: 6,
      missing: [
        'SESSION_END',
        'AGENT_START',
        'AGENT_END',
        'AGENT_HANDOFF',
        'MCP_CALL_START',
        'MCP_CALL_END',
        'INPUT_RECEIVED',
        'OUTPUT_EMITTED',
        'ERROR',
        'POLICY_DECISION',
        'DATA_ACCESS',
        'STATE_UPDATE',
        'SYSTEM',
      ],
      unknown: ['OF_TOMORROW'],
    },
    severities: { UNSPECIFIED: 6, INFO: 1, WARN: 1 },
    sessions: { started: 1, ended: 0 },
    not_ended: { session: 1, tool: 1 },
    tokens: none,
    cost: {},
    unpriced: 1,
    errors: 0,
    operations: 2,
    failed_operations: 1,
    error_rate: 0.5,
    retries: 1,
    retry_wait_ms: 20,
    models: [
      {
        name: 'm',
        ended: 1,
        failed: 1,
        cancelled: 0,
        mean_ms: 250,
        max_ms: 250,
        tokens: none,
        cost: {},
        unpriced: 1,
      },
    ],
    tools: [{ name: 't', ended: 1, failed: 0, cancelled: 1, mean_ms: 0, max_ms: 0 }],
    mcp: [],
    agents: [],
    slowest: [
      {
        kind: 'model',
        name: 'm',
        duration_ms: 250,
        session_id: 's1',
        span_id: '2',
        file: 'standard input',
        line: 3,
      },
      {
        kind: 'tool',
        name: 't',
        duration_ms: 0,
        session_id: 's1',
        span_id: '4',
        file: 'standard input',
        line: 6,
      },
    ],
  });
});

test('stats adds costs per currency and counts calls of unknown price', async () => {
  const call = (cost: unknown) =>
    eventLine({ type: 'EVENT_TYPE_MODEL_INVOCATION_END', cost, llm_invocation: { model: 'm' } });
  const lines = [
    call({ total_cost: 0.1, currency: 'USD' }),
    call({ total_cost: 0.2, currency: 'USD' }),
    call({ total_cost: 2, currency: 'EUR' }),
    call(undefined),
  ].join('');
  const { cost, unpriced } = await statsOf(lines);
  expect({ cost, unpriced }).toEqual({ cost: { USD: 0.3, EUR: 2 }, unpriced: 1 });
  const { stdout } = await runCommand(['stats'], { stdin: lines });
  expect(stdout).toContain('cost      $0.3000 + 2.00 EUR, without 1 call of unknown price\n');
});

test('an MCP call counts as an operation unless it is part of a tool', async () => {
  const mcp = { type: 'EVENT_TYPE_MCP_CALL_END', mcp_call: { server_name: 's', operation: 'tools/list' } };
  const tool = { tool_call: { name: 't' }, span_id: '5' };
  const { operations, mcp: rows } = await statsOf(
    [
      eventLine({ ...mcp, span_id: '4' }),
      eventLine({ ...tool, type: 'EVENT_TYPE_TOOL_CALL_START' }),
      eventLine({ ...mcp, span_id: '5' }),
      eventLine({ ...tool, type: 'EVENT_TYPE_TOOL_CALL_END' }),
    ].join(''),
  );
  expect({ operations, rows }).toEqual({
    operations: 2,
    rows: [{ name: 's tools/list', ended: 2, failed: 0, cancelled: 0, mean_ms: null, max_ms: null }],
  });
});

describe('Bounds', () => {
  test('a full table puts further names into one row', () => {
    const table = new CallTable(() => ({ count: 0 }), 2);
    for (const name of ['a', 'b', 'c', 'd', 'c', 'b']) table.row(name).count += 1;
    expect(table.sorted(({ count }) => count)).toEqual([
      ['(others)', { count: 3 }],
      ['b', { count: 2 }],
      ['a', { count: 1 }],
    ]);
  });

  test('discarded spans still count as not ended', () => {
    const open = new StartedSpans(2);
    for (const key of ['a', 'b', 'c']) open.start(key, { family: 'TOOL_CALL', name: key, startTime: 0 });
    expect([open.end('a'), open.end('b')?.name]).toEqual([undefined, 'b']);
    open.start('c', { family: 'TOOL_CALL', name: 'c again', startTime: 1 });
    expect([...open.notEnded()]).toEqual([['TOOL_CALL', 3]]);
  });

  test('the slowest operations are kept, earlier ones first', () => {
    const slowest = new Slowest(2);
    for (const [name, durationMs] of [
      ['a', 1],
      ['b', 3],
      ['c', 2],
      ['d', 3],
      ['e', 0],
    ] as const) {
      if (slowest.takes(durationMs)) {
        slowest.add({ kind: 'tool', name, durationMs, sessionId: '', spanId: '', input: '', line: 1 });
      }
    }
    expect(slowest.operations.map(({ name }) => name)).toEqual(['b', 'd']);
    expect(new Slowest(0).takes(5)).toBe(false);
  });
});
