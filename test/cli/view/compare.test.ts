import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shortName, typeName } from '../../../src/cli/events/event-type.js';
import type { ReadEvent } from '../../../src/cli/input/read-events.js';
import { SessionRecord } from '../../../src/cli/tree/session-record.js';
import { linkNodes, nodeDuration, type TreeNode } from '../../../src/cli/tree/session-tree.js';
import { alignSteps } from '../../../src/cli/view/compare/align-steps.js';
import { compareSessions, MAX_READ_STEPS } from '../../../src/cli/view/compare/compare-sessions.js';
import { matchedPairs } from '../../../src/cli/view/compare/matched-pairs.js';
import { stepContents } from '../../../src/cli/view/compare/step-contents.js';
import type { SessionDetail, SessionNode, SessionSummary } from '../../../src/cli/view/view-api.js';
import { EVERY_TYPE, eventLine } from '../run-command.js';

const EVENTS = readFileSync(EVERY_TYPE, 'utf8')
  .trim()
  .split('\n')
  .map((line): ReadEvent => JSON.parse(line))
  .filter(({ session_id: id }) => id === 'order-1042');

/** Builds what the server answers for one session of a file: its nodes with the numbers of their events. */
function detail(events: readonly ReadEvent[], firstNumber = 0): SessionDetail {
  const record = new SessionRecord('s');
  for (const event of events) record.add(event);
  const nodes: SessionNode[] = [];
  const numbers = (node: TreeNode): number[] =>
    events.flatMap((event, i) => {
      const family = typeName(event).replace(/_(START|END)$/, '');
      const isOf = event.span_id === node.spanId && shortName(family) === node.kind;
      return isOf ? [firstNumber + i] : [];
    });
  const add = (node: TreeNode, depth: number): void => {
    const { kind, span, name, outcome, retries, cost, tokens } = node;
    const durationMs = nodeDuration(node);
    nodes.push({
      kind,
      span,
      depth,
      outcome,
      retries,
      events: numbers(node),
      ...(name !== undefined && { name }),
      ...(durationMs !== undefined && { durationMs }),
      ...(cost !== undefined && { cost }),
      ...(tokens !== undefined && { tokens: { ...tokens, cached: 0 } }),
    });
    for (const child of node.children) add(child, depth + 1);
  };
  for (const root of linkNodes(record.nodes)) add(root, 0);
  return { summary: { id: 's' } as SessionSummary, nodes, omitted: 0 };
}

function readerOf(events: readonly ReadEvent[]) {
  return async (numbers: readonly number[]): Promise<ReadonlyMap<number, ReadEvent>> =>
    new Map(numbers.map((number) => [number, events[number] ?? {}]));
}

/** The comparison as a picture: a line for each step. */
async function compared(left: readonly ReadEvent[], right: readonly ReadEvent[]): Promise<string[]> {
  const { steps } = await compareSessions(
    detail(left),
    detail(right, left.length),
    readerOf([...left, ...right]),
  );
  return steps.map(({ left: a, right: b, state, differences }) => {
    const node = a ?? b;
    const sign = { same: ' ', changed: '~', removed: '-', added: '+' }[state];
    const line = `${sign} ${'  '.repeat(node?.depth ?? 0)}${node?.kind} ${node?.name ?? ''}`.trimEnd();
    return differences.length === 0 ? line : `${line}: ${differences.join(', ')}`;
  });
}

/** Changes the events that are of a type and have a text in them. */
function changed(type: string, find: string, replace: string): ReadEvent[] {
  let hits = 0;
  const events = EVENTS.map((event): ReadEvent => {
    const line = JSON.stringify(event);
    if (event.type !== `EVENT_TYPE_${type}` || !line.includes(find)) return event;
    hits += 1;
    return JSON.parse(line.replace(find, replace));
  });
  expect(hits).toBeGreaterThan(0);
  return events;
}

const changedSteps = async (right: readonly ReadEvent[]): Promise<string[]> =>
  (await compared(EVENTS, right))
    .filter((line) => !line.startsWith('  '))
    .map((line) => line.replace(/^~ +/, '~ '));

describe('A comparison', () => {
  it('shows a session and itself as the same tree', async () => {
    const steps = await compared(EVENTS, EVENTS);
    expect(steps).toEqual([
      '  session support',
      '    agent triage',
      '      input',
      '      model gpt-5-mini',
      '        retry',
      '      policy',
      '      tool search_orders',
      '        mcp orders tools/call',
      '        data',
      '      tool refund_card',
      '        error',
      '      handoff',
      '    agent refunds',
      '      state',
      '      model gpt-5',
      '      output',
    ]);
  });

  it.each([
    ['another question', 'INPUT_RECEIVED', 'kettle', 'toaster', '~ input: text'],
    ['another answer', 'OUTPUT_EMITTED', '42.50 EUR', '40 EUR', '~ output: text'],
    [
      'other arguments of a tool',
      'TOOL_CALL_START',
      '"order":"1042"',
      '"order":"7"',
      '~ tool search_orders: arguments',
    ],
    ['another result of a tool', 'TOOL_CALL_END', '"currenc', '"currEnc', '~ tool search_orders: result'],
    [
      'other messages to a model',
      'MODEL_INVOCATION_START',
      '"My kettle …"',
      '"Hello"',
      '~ model gpt-5-mini: text',
    ],
    [
      'more tokens',
      'MODEL_INVOCATION_END',
      '"completion_tokens":61',
      '"completion_tokens":62',
      '~ model gpt-5: tokens',
    ],
    ['another cost', 'MODEL_INVOCATION_END', '0.003365', '0.0034', '~ model gpt-5: cost'],
    [
      'another end',
      'MODEL_INVOCATION_END',
      '"finish_reason":"stop"',
      '"finish_reason":"length"',
      '~ model gpt-5: result',
    ],
    ['other instructions', 'AGENT_START', '"refunds"]', '"refunds","sales"]', '~ agent triage: arguments'],
    ['another decision', 'POLICY_DECISION', '"allow"', '"deny"', '~ policy: result'],
    [
      'a failure',
      'MCP_CALL_END',
      'EVENT_STATUS_COMPLETED',
      'EVENT_STATUS_FAILED',
      '~ mcp orders tools/call: outcome',
    ],
  ])('names %s', async (_, type, find, replace, expected) => {
    expect(await changedSteps(changed(type, find, replace))).toEqual([expected]);
  });

  it('puts a call of another model beside the call that it replaces', async () => {
    const both = EVENTS.map(
      (event): ReadEvent => JSON.parse(JSON.stringify(event).replaceAll('"gpt-5"', '"gpt-5.1"')),
    );
    expect(await changedSteps(both)).toEqual(['~ agent refunds: arguments', '~ model gpt-5: model']);
  });

  it('ignores ids of calls, of responses and of messages', async () => {
    const events = EVENTS.map(
      (event): ReadEvent =>
        JSON.parse(
          JSON.stringify(event)
            .replace(/"call_(\d)"/g, '"call_other_$1"')
            .replace(/"2200/g, '"3300'),
        ),
    );
    expect(await changedSteps(events)).toEqual([]);
  });

  it.each([
    [1450, 1549, []],
    [1450, 1900, []],
    [1450, 2000, ['~ model gpt-5-mini: duration']],
    [10, 100, []],
    [10, 111, ['~ model gpt-5-mini: duration']],
  ])('calls durations of %i and %i ms different by its tolerance', async (before, after, expected) => {
    const withDuration = (ms: number) =>
      changed('MODEL_INVOCATION_END', '"duration_ms":1450', `"duration_ms":${ms}`);
    const steps = await compared(withDuration(before), withDuration(after));
    expect(steps.filter((line) => line.startsWith('~')).map((line) => line.replace(/^~ +/, '~ '))).toEqual(
      expected,
    );
  });

  it('shows a step that the other session does not have, with its subtree', async () => {
    const without = EVENTS.filter(({ span_id: span }) => span !== '2200000000000004');
    const steps = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('  '));
    expect(steps(await compared(EVENTS, without))).toEqual([
      '-     tool search_orders',
      '-       mcp orders tools/call',
      '-       data',
    ]);
    expect(steps(await compared(without, EVENTS))).toEqual([
      '+     tool search_orders',
      '+       mcp orders tools/call',
      '+       data',
    ]);
  });

  it('shows every step of both sessions once', async () => {
    const other = [...EVENTS].filter((_, i) => i % 3 !== 0);
    const [left, right] = [detail(EVENTS), detail(other)];
    const steps = alignSteps(left.nodes, right.nodes);
    expect(steps.flatMap((step) => step.left ?? [])).toEqual(left.nodes);
    expect(steps.flatMap((step) => step.right ?? [])).toEqual(right.nodes);
  });

  it('reads the contents of so many steps only, and says of how many it did not', async () => {
    const node = { kind: 'input', span: false, depth: 0, outcome: 'completed', retries: 0 } as const;
    const nodes = Array.from({ length: MAX_READ_STEPS + 5 }, (_, i) => ({ ...node, events: [i] }));
    const session: SessionDetail = { summary: { id: 's' } as SessionSummary, nodes, omitted: 3 };
    let reads = 0;
    const { uncompared, omitted, steps } = await compareSessions(session, session, async (numbers) => {
      reads += numbers.length;
      return new Map();
    });
    expect({ uncompared, omitted, reads, steps: steps.length }).toEqual({
      uncompared: 5,
      omitted: 6,
      reads: 2 * MAX_READ_STEPS,
      steps: MAX_READ_STEPS + 5,
    });
  });

  it.each([
    ['nothing in common', (i: number) => `other${i}`, 100_000],
    ['the same steps in the opposite order', (i: number) => `tool${49_999 - i}`, undefined],
  ])('aligns sessions of 50,000 steps with %s', (_what, nameOf, expected) => {
    const node = {
      kind: 'tool',
      span: true,
      depth: 0,
      outcome: 'completed',
      retries: 0,
      events: [],
    } as const;
    const side = (name: (i: number) => string) =>
      Array.from({ length: 50_000 }, (_, i) => ({ ...node, name: name(i) }));
    // Comparing each with each would not end before the time limit of tests.
    const steps = alignSteps(
      side((i) => `tool${i}`),
      side(nameOf),
    );
    expect(steps.flatMap((step) => step.left ?? [])).toHaveLength(50_000);
    expect(steps.flatMap((step) => step.right ?? [])).toHaveLength(50_000);
    if (expected !== undefined) expect(steps).toHaveLength(expected);
  });

  it('says that contents too deep to compare differ', async () => {
    const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);
    const call: ReadEvent = {
      ...JSON.parse(eventLine({ type: 'EVENT_TYPE_TOOL_CALL_START' })),
      tool_call: { name: 't', arguments: deep },
    };
    expect(await compared([call], [call])).toEqual(['~ tool t: arguments']);
  });
});

describe('The matched pairs of two sequences', () => {
  const match = (left: string, right: string, maxEdits?: number): string =>
    matchedPairs([...left], [...right], maxEdits)
      .map(([i, j]) => {
        expect(left[i]).toBe(right[j]);
        return left[i];
      })
      .join('');

  it.each([
    ['', '', ''],
    ['abc', '', ''],
    ['', 'abc', ''],
    ['abc', 'abc', 'abc'],
    ['abc', 'xyz', ''],
    ['abcabba', 'cbabac', 'caba'],
    ['kitten', 'sitting', 'ittn'],
    ['aaaa', 'aa', 'aa'],
  ])('of "%s" and "%s" are "%s"', (left, right, expected) => {
    expect(match(left, right)).toBe(expected);
  });

  it('leave out items without a key', () => {
    expect(matchedPairs(['a', undefined, '', 'b'], [undefined, 'a', '', 'b'])).toEqual([
      [0, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('are as many as the longest common subsequence has', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 48_271) % 0x7fff_ffff);
    const text = (length: number): string => Array.from({ length }, () => 'abcd'[random() % 4]).join('');
    for (let round = 0; round < 300; round += 1) {
      const [left, right] = [text(random() % 30), text(random() % 30)];
      expect([left, right, match(left, right).length]).toEqual([left, right, longestCommon(left, right)]);
      // With a limit there may be fewer pairs. They are still of equal items, and in order.
      const [limited, pairs] = [match(left, right, 2), matchedPairs([...left], [...right], 2)];
      expect(limited.length).toBeLessThanOrEqual(longestCommon(left, right));
      for (const [at, [i, j]] of pairs.entries()) {
        const [before = [-1, -1]] = pairs.slice(at - 1, at);
        if (at > 0) expect(i > before[0] && j > before[1]).toBe(true);
      }
    }
  });
});

function longestCommon(left: string, right: string): number {
  const table = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let i = 1; i <= left.length; i += 1) {
    for (let j = 1; j <= right.length; j += 1) {
      const same = left[i - 1] === right[j - 1];
      const [up, side, both] = [table[i - 1]?.[j] ?? 0, table[i]?.[j - 1] ?? 0, table[i - 1]?.[j - 1] ?? 0];
      (table[i] ?? [])[j] = same ? both + 1 : Math.max(up, side);
    }
  }
  return table[left.length]?.[right.length] ?? 0;
}

describe('The contents of a step', () => {
  it('are what its events say, each once', () => {
    const model = EVENTS.filter(({ span_id: span }) => span === '2200000000000003');
    expect(stepContents(model)).toMatchObject({
      text: { messages: [{ content: 'My kettle …', role: 'user' }] },
      result: { finish_reason: 'tool_calls' },
    });
    expect(stepContents([])).toEqual({});
  });

  it('keep an id that is an argument of a tool', () => {
    const part = { type: 'tool_call', id: 'call_1', name: 'lookup', arguments: { id: 7 } };
    const event = {
      llm_invocation: { response: { messages: [{ id: 'msg_1', role: 'assistant', content: [part] }] } },
    };
    expect(stepContents([event]).result).toEqual({
      messages: [
        { role: 'assistant', content: [{ type: 'tool_call', name: 'lookup', arguments: { id: 7 } }] },
      ],
    });
  });
});
