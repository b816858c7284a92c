import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { SessionRecord } from '../../src/cli/tree/session-record.js';
import { linkNodes, type TreeNode } from '../../src/cli/tree/session-tree.js';
import { EVERY_TYPE, eventLine, runCommand, temporaryFolder } from './run-command.js';

const folder = temporaryFolder();

async function treeOf(lines: string, ...flags: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(['tree', ...flags], { stdin: lines });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

/** An event of session `s1`, with its time in seconds after the hour. */
function at(seconds: number, type: string, span: number, members: Record<string, unknown> = {}): string {
  return eventLine({
    type: `EVENT_TYPE_${type}`,
    timestamp: new Date(Date.UTC(2026, 2, 14, 9) + 1000 * seconds).toISOString(),
    span_id: String(span),
    ...members,
  });
}

test('tree shows every type', async () => {
  const result = await runCommand(['tree', EVERY_TYPE]);
  expect(result).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: `
09:26:54.000  session order-1042  support  2026-03-14  3.84 s  4,171 tokens  $0.004006  1 error  1 retry
09:26:54.002  ├─ agent triage  1.62 s  1,906 tokens  $0.000641
09:26:54.002  │  ├─ input "My kettle from order 1042 arrived broken. I would like my money back."
09:26:54.010  │  ├─ model gpt-5-mini  1.45 s  1,906 tokens  $0.000641  1 retry
09:26:54.210  │  │  └─ retry attempt 1  HTTP 429  waits 500 ms
09:26:55.465  │  ├─ policy refund_limit  allow  "42.50 is below 100"
09:26:55.470  │  ├─ tool search_orders  62 ms
09:26:55.471  │  │  ├─ mcp orders tools/call  59 ms
09:26:55.500  │  │  └─ data postgres://orders  1 document  PII: email
09:26:55.540  │  ├─ tool refund_card  71 ms  failed  "card service: connection refused"
09:26:55.610  │  │  └─ error ECONNREFUSED  "card service: connection refused"
09:26:55.620  │  └─ handoff triage → refunds  "the card cannot be paid back"
09:26:55.622  └─ agent refunds  2.21 s  2,265 tokens  $0.003365
09:26:55.622     ├─ state {"refund":"by_bank"}
09:26:55.630     ├─ model gpt-5  2.20 s  2,265 tokens  $0.003365
09:26:57.835     └─ output "Your 42.50 EUR will be in your bank account within three days."

09:26:53.000  system  event stream started  2026-03-14
`.trimStart(),
  });
});

const SITUATIONS: readonly [what: string, lines: string[], tree: string][] = [
  [
    'a crashed process: STARTs without END, shown at the end',
    [at(0, 'SESSION_START', 1), at(1, 'AGENT_START', 2, { parent_span_id: '1', agent_name: 'a' })],
    `
09:00:00.000  session s1  2026-03-14  not ended
09:00:01.000  └─ agent a  not ended
`,
  ],
  [
    'a session that is reopened by its id',
    [
      at(0, 'SESSION_START', 1),
      at(1, 'INPUT_RECEIVED', 1, { message: { text: 'one' } }),
      at(2, 'SESSION_END', 1),
      at(3, 'SESSION_START', 2),
      at(4, 'INPUT_RECEIVED', 2, { message: { text: 'two' } }),
      at(5, 'SESSION_END', 2),
    ],
    `
09:00:00.000  session s1  2026-03-14  2.00 s
09:00:01.000  └─ input "one"

09:00:03.000  session s1  2026-03-14  2.00 s
09:00:04.000  └─ input "two"
`,
  ],
  [
    'a session that a crash left open and another process continued',
    [
      at(0, 'SESSION_START', 1),
      at(1, 'TOOL_CALL_START', 9, { parent_span_id: '1', tool_call: { name: 'lost' } }),
      at(2, 'SESSION_START', 2),
      at(3, 'TOOL_CALL_START', 8, { parent_span_id: '2', tool_call: { name: 'again' } }),
      at(4, 'TOOL_CALL_END', 8, { parent_span_id: '2' }),
      at(5, 'SESSION_END', 2),
    ],
    `
09:00:00.000  session s1  2026-03-14  not ended
09:00:01.000  └─ tool lost  not ended
09:00:02.000  session s1  2026-03-14  3.00 s
09:00:03.000  └─ tool again  1.00 s
`,
  ],
  [
    'a file that begins in the middle of a session',
    [
      at(1, 'AGENT_END', 2, { parent_span_id: '1', agent_name: 'a', status: 'EVENT_STATUS_CANCELLED' }),
      at(2, 'ERROR', 3, {
        parent_span_id: '1',
        status: 'EVENT_STATUS_FAILED',
        error: { error_message: 'no' },
      }),
    ],
    `
09:00:01.000  session s1  no SESSION_START  2026-03-14  1 error
09:00:01.000  ├─ agent a  cancelled
09:00:02.000  └─ error "no"
`,
  ],
  [
    'a child before its parent, and one with a missing parent',
    [
      at(0, 'SESSION_START', 1),
      at(2, 'TOOL_CALL_START', 3, { parent_span_id: '2', tool_call: { name: 'child' } }),
      at(1, 'AGENT_START', 2, { parent_span_id: '1', agent_name: 'parent' }),
      at(3, 'TOOL_CALL_END', 3, { parent_span_id: '2' }),
      at(4, 'STATE_UPDATE', 4, { parent_span_id: 'gone', state_update: { a: 1 } }),
      at(5, 'AGENT_END', 2, { parent_span_id: '1', agent_name: 'parent' }),
      at(6, 'SESSION_END', 1),
    ],
    `
09:00:00.000  session s1  2026-03-14  6.00 s
09:00:01.000  ├─ agent parent  4.00 s
09:00:02.000  │  └─ tool child  1.00 s
09:00:04.000  └─ state {"a":1}
`,
  ],
  [
    'types of a newer specification: single, in pairs, and as a number',
    [
      at(0, 'SESSION_START', 1),
      at(1, 'MEMORY_SEARCH_START', 2, { parent_span_id: '1' }),
      at(2, 'VOTE', 3, { parent_span_id: '2', metadata: { for: 'yes' } }),
      at(3, 'MEMORY_SEARCH_END', 2, { parent_span_id: '1' }),
      at(4, 'X', 4, { parent_span_id: '1', type: 77 }),
      at(5, 'SESSION_END', 1),
    ],
    `
09:00:00.000  session s1  2026-03-14  5.00 s
09:00:01.000  ├─ memory search 2  2.00 s
09:00:02.000  │  └─ vote {"for":"yes"}
09:00:04.000  └─ 77
`,
  ],
  [
    'calls of a guardrail, which go under its decision',
    [
      at(0, 'SESSION_START', 1),
      at(1, 'MODEL_INVOCATION_START', 3, { parent_span_id: '2', llm_invocation: { model: 'judge' } }),
      at(2, 'MODEL_INVOCATION_END', 3, {
        parent_span_id: '2',
        llm_invocation: { model: 'judge', total_tokens: 5 },
      }),
      at(3, 'POLICY_DECISION', 2, { parent_span_id: '1', policy: { policy_id: 'polite', outcome: 'deny' } }),
      at(4, 'SESSION_END', 1),
    ],
    `
09:00:00.000  session s1  2026-03-14  4.00 s  5 tokens
09:00:03.000  └─ policy polite  deny
09:00:01.000     └─ model judge  1.00 s  5 tokens
`,
  ],
  [
    'costs in two currencies, and a call of unknown price',
    [
      at(0, 'SESSION_START', 1),
      at(1, 'MODEL_INVOCATION_END', 2, { parent_span_id: '1', cost: { total_cost: 0.5, currency: 'USD' } }),
      at(1, 'MODEL_INVOCATION_END', 3, { parent_span_id: '1', cost: { total_cost: 2, currency: 'EUR' } }),
      at(1, 'MODEL_INVOCATION_END', 4, { parent_span_id: '1', llm_invocation: { model: 'm' } }),
      at(2, 'SESSION_END', 1),
    ],
    `
09:00:00.000  session s1  2026-03-14  2.00 s  $0.5000  2.00 EUR
09:00:01.000  ├─ model 2  $0.5000
09:00:01.000  ├─ model 3  2.00 EUR
09:00:01.000  └─ model m
`,
  ],
  [
    'hostile text, escaped',
    [
      at(0, 'SESSION_START', 1, { session_id: '\u001b[2Js', metadata: { workflow: 'w\r\u202ew' } }),
      at(1, 'AGENT_START', 2, { session_id: '\u001b[2Js', agent_name: '\u009b31m' }),
    ],
    `
09:00:00.000  session \\u001b[2Js  w \\u202ew  2026-03-14  not ended
09:00:01.000  └─ agent \\u009b31m  not ended
`,
  ],
];

test.each(SITUATIONS)('tree shows %s', async (_, lines, tree) => {
  expect(await treeOf(lines.join(''))).toBe(tree.trimStart());
});

test('--session selects sessions', async () => {
  const lines = ['a-1', 'a-2', 'b-1'].map((session_id) =>
    at(0, 'INPUT_RECEIVED', 1, { session_id, message: { text: session_id } }),
  );
  const shown = async (...flags: string[]) =>
    [...(await treeOf(lines.join(''), ...flags)).matchAll(/input "(.*)"/g)].map(([, id]) => id);
  expect(await shown()).toEqual(['a-1', 'a-2', 'b-1']);
  expect(await shown('--session', 'a-2')).toEqual(['a-2']);
  expect(await shown('--session', 'a-*')).toEqual(['a-1', 'a-2']);
  expect(await shown('--session', '*-1', '--session', 'a-2')).toEqual(['a-1', 'a-2', 'b-1']);
  expect(await shown('--session', 'a')).toEqual([]);
});

test('a session may continue in the next file', async () => {
  const [first, second] = ['first.jsonl', 'second.jsonl'].map((name) => path.join(folder, name));
  writeFileSync(String(first), at(0, 'SESSION_START', 1));
  writeFileSync(String(second), at(1, 'SESSION_END', 1));
  const { stdout } = await runCommand(['tree', String(first), String(second)]);
  expect(stdout).toBe('09:00:00.000  session s1  2026-03-14  1.00 s\n');
});

describe('--json', () => {
  test('prints one object per session', async () => {
    const lines = [
      at(0, 'SESSION_START', 1, { metadata: { workflow: 'w' } }),
      at(1, 'TOOL_CALL_START', 2, { parent_span_id: '1', tool_call: { name: 't' } }),
      at(2, 'ERROR', 2, {
        parent_span_id: '1',
        status: 'EVENT_STATUS_FAILED',
        error: { error_message: 'no' },
      }),
      at(3, 'TOOL_CALL_END', 2, { parent_span_id: '1', status: 'EVENT_STATUS_FAILED' }),
      at(4, 'MODEL_INVOCATION_END', 3, {
        parent_span_id: '1',
        llm_invocation: {
          model: 'm',
          prompt_tokens: 3,
          completion_tokens: 4,
          total_tokens: 7,
          duration_ms: 12.5,
        },
        cost: { total_cost: 0.1, currency: 'USD' },
      }),
      at(5, 'SESSION_END', 1),
      at(6, 'INPUT_RECEIVED', 7, { session_id: 's2', message: { text: 'hi' } }),
    ];
    const objects = (await treeOf(lines.join(''), '--json'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const none = { input: 0, output: 0, total: 0 };
    expect(objects).toEqual([
      {
        session_id: 's1',
        events: 6,
        errors: 1,
        failed_spans: 1,
        retries: 0,
        tokens: { input: 3, output: 4, total: 7 },
        cost: { USD: 0.1 },
        children: [
          {
            kind: 'session',
            name: 'w',
            span_id: '1',
            started_at: '2026-03-14T09:00:00.000Z',
            duration_ms: 5000,
            outcome: 'completed',
            children: [
              {
                kind: 'tool',
                name: 't',
                span_id: '2',
                started_at: '2026-03-14T09:00:01.000Z',
                duration_ms: 2000,
                outcome: 'failed',
                children: [
                  {
                    kind: 'error',
                    summary: '"no"',
                    span_id: '2',
                    started_at: '2026-03-14T09:00:02.000Z',
                    outcome: 'failed',
                  },
                ],
              },
              {
                kind: 'model',
                name: 'm',
                span_id: '3',
                duration_ms: 12.5,
                outcome: 'completed',
                tokens: { input: 3, output: 4, total: 7 },
                cost: { USD: 0.1 },
              },
            ],
          },
        ],
      },
      {
        session_id: 's2',
        events: 1,
        errors: 0,
        failed_spans: 0,
        retries: 0,
        tokens: none,
        cost: {},
        children: [
          {
            kind: 'input',
            summary: '"hi"',
            span_id: '7',
            started_at: '2026-03-14T09:00:06.000Z',
            outcome: 'completed',
          },
        ],
      },
    ]);
  });
});

describe('linkNodes', () => {
  function linked(parents: readonly [span: string, parent: string][]): TreeNode[] {
    const record = new SessionRecord('s');
    record.add({ type: 'EVENT_TYPE_SESSION_START', span_id: 'root' });
    for (const [span_id, parent_span_id] of parents) {
      record.add({
        type: 'EVENT_TYPE_TOOL_CALL_START',
        span_id,
        parent_span_id,
        tool_call: { name: span_id },
      });
    }
    return linkNodes(record.nodes);
  }
  const outline = (nodes: readonly TreeNode[]): unknown[] =>
    nodes.map(({ name, children }) => (children.length === 0 ? name : [name, ...outline(children)]));

  it('keeps each span of a circle of parents once', () => {
    expect(
      outline(
        linked([
          ['a', 'c'],
          ['b', 'a'],
          ['c', 'b'],
          ['d', 'd'],
        ]),
      ),
    ).toEqual([[undefined, 'd', ['a', ['b', 'c']]]]);
  });

  it('links a chain of 100,000 spans quickly, and limits its depth for JSON', () => {
    const chain = Array.from({ length: 100_000 }, (_, index): [string, string] => [
      `s${index}`,
      index === 0 ? 'root' : `s${index - 1}`,
    ]);
    const roots = linked(chain);
    let nodes = 0;
    let deepest = 0;
    const walk = (node: TreeNode, depth: number): void => {
      nodes += 1;
      deepest = Math.max(deepest, depth);
      for (const child of node.children) walk(child, depth + 1);
    };
    for (const root of roots) walk(root, 0);
    expect({ nodes, deepest }).toEqual({ nodes: 100_001, deepest: 64 });
  });
});
