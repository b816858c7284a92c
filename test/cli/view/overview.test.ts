import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ReadEvent } from '../../../src/cli/input/read-events.js';
import { CallColumns } from '../../../src/cli/view/overview/call-columns.js';
import { DurationGroups } from '../../../src/cli/view/overview/duration-groups.js';
import { bucketWidth, MAX_BUCKETS, MAX_OVERVIEW_ROWS } from '../../../src/cli/view/overview/overview.js';
import { overviewCsv } from '../../../src/cli/view/overview/overview-csv.js';
import { OverviewData } from '../../../src/cli/view/overview/overview-data.js';
import { BatchWriter, EventFacts } from '../../../src/cli/view/stored/index-batch.js';
import type { Overview } from '../../../src/cli/view/view-api.js';
import { EVERY_TYPE, eventLine } from '../run-command.js';

const EVENTS = readFileSync(EVERY_TYPE, 'utf8')
  .trim()
  .split('\n')
  .map((line): ReadEvent => JSON.parse(line));

const DAY = 86_400_000;
const START = Date.parse('2026-03-14T09:00:00Z');

function factsOf(event: ReadEvent): EventFacts {
  const writer = new BatchWriter();
  writer.add(event, 1, 0, 0);
  const facts = new EventFacts(writer.take({ offset: 0, lines: 1 }));
  facts.next();
  return facts;
}

/** Reads events as the index does: sessions are numbered in the order in which they appear. */
function read(events: readonly ReadEvent[], data = new OverviewData()) {
  const sessions: string[] = [];
  events.forEach((event, number) => {
    const id = String(event.session_id);
    if (!sessions.includes(id)) sessions.push(id);
    data.add(factsOf(event), sessions.indexOf(id), number);
  });
  const sessionId = (session: number): string => sessions[session] ?? '?';
  return {
    data,
    overview: (scope: { selected?: Uint8Array; since?: number; until?: number } = {}): Overview =>
      data.overview({ sessions: sessions.length, sessionId, ...scope }),
  };
}

function event(type: string, members: Record<string, unknown>): ReadEvent {
  return JSON.parse(eventLine({ type: `EVENT_TYPE_${type}`, ...members }));
}

interface ModelCall {
  readonly ms?: number;
  readonly at?: number;
  readonly model?: string;
  readonly agent?: string;
  readonly cost?: number;
  readonly currency?: string;
}

function modelEnd({ ms, at = START, model = 'm', agent, cost, currency = 'USD' }: ModelCall): ReadEvent {
  return event('MODEL_INVOCATION_END', {
    status: 'EVENT_STATUS_COMPLETED',
    timestamp: new Date(at).toISOString(),
    agent_name: agent,
    llm_invocation: {
      model,
      duration_ms: ms,
      prompt_tokens: 100,
      completion_tokens: 10,
      total_tokens: 110,
      response: { cache_read_input_tokens: 40 },
    },
    cost: cost === undefined ? undefined : { total_cost: cost, currency },
  });
}

describe('The overview of a file with every type', () => {
  const overview = read(EVENTS).overview();

  it('has the totals that `agent-events stats` prints', () => {
    expect(overview).toMatchObject({
      sessions: 2,
      tokens: { input: 4016, output: 155, total: 4171 },
      costs: { USD: 0.004006 },
      errors: 1,
      retries: 1,
    });
    const operations = overview.buckets.reduce((sum, bucket) => sum + bucket.operations, 0);
    const failed = overview.buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
    expect({ operations, failed }).toEqual({ operations: 6, failed: 1 });
  });

  it('lists agents, models and tools with their calls, durations, tokens and costs', () => {
    const short = (rows: Overview['agents']) =>
      rows.map(({ name, calls, failed, p50, p95, tokens, costs }) =>
        [name, calls, failed, p50, p95, tokens.total, costs.USD].join(' '),
      );
    expect(short(overview.models)).toEqual([
      'gpt-5 1 0 2200 2200 2265 0.003365',
      'gpt-5-mini 1 0 1450 1450 1906 0.000641',
    ]);
    // The agents' durations are the time between their START and END.
    expect(short(overview.agents)).toEqual([
      'refunds 1 0 2214 2214 2265 0.003365',
      'triage 1 0 1619 1619 1906 0.000641',
    ]);
    // The MCP call inside search_orders is that tool's.
    expect(short(overview.tools)).toEqual(['refund_card 1 1 71 71 0 ', 'search_orders 1 0 62 62 0 ']);
  });

  it('names the slowest and the most expensive calls with their sessions and events', () => {
    const { slowest, mostExpensive } = overview;
    expect(slowest.map(({ kind, name, durationMs }) => [kind, name, durationMs])).toEqual([
      ['model', 'gpt-5', 2200],
      ['model', 'gpt-5-mini', 1450],
      ['tool', 'refund_card', 71],
      ['tool', 'search_orders', 62],
    ]);
    expect(mostExpensive.map(({ name, cost }) => [name, cost?.amount])).toEqual([
      ['gpt-5', 0.003365],
      ['gpt-5-mini', 0.000641],
    ]);
    for (const { session, event: number } of [...slowest, ...mostExpensive]) {
      expect(EVENTS[number]).toMatchObject({
        session_id: session,
        status: expect.stringMatching(/COMPLETED|FAILED/),
      });
    }
  });

  it('is as large in its buckets as in total', () => {
    const tokens = overview.buckets.reduce((sum, bucket) => sum + bucket.tokens.total, 0);
    const cost = overview.buckets.reduce((sum, bucket) => sum + (bucket.costs.USD ?? 0), 0);
    expect({ tokens, cost: Number(cost.toFixed(9)) }).toEqual({ tokens: 4171, cost: 0.004006 });
    expect(overview.buckets.length).toBeLessThanOrEqual(MAX_BUCKETS);
  });

  it('is a table with a section for each part, as CSV', () => {
    const [header = '', ...rows] = overviewCsv(overview).trimEnd().split('\r\n');
    expect(header.split(',').slice(-2)).toEqual(['cached_tokens', 'cost USD']);
    expect(new Set(rows.map((row) => row.split(',')[0]))).toEqual(
      new Set(['total', 'time', 'agent', 'model', 'tool', 'slowest', 'most expensive']),
    );
    expect(rows).toContain('model,gpt-5,,,,1,0,,,,2200,2200,2204,61,2265,0,0.003365');
  });
});

describe('An overview', () => {
  it('is of the selected sessions only', () => {
    const events = [modelEnd({ ms: 1 }), { ...modelEnd({ ms: 2 }), session_id: 's2' }];
    const { overview } = read(events);
    const { slowest } = overview({ selected: Uint8Array.of(0, 1) });
    expect(slowest.map(({ session, durationMs }) => [session, durationMs])).toEqual([['s2', 2]]);
    // A session that came after the selection was made is not in it.
    expect(overview({ selected: Uint8Array.of(1) }).models[0]?.calls).toBe(1);
  });

  it('is of the calls that ended in the range of time', () => {
    const { overview } = read([0, 1, 2].map((hour) => modelEnd({ ms: hour, at: START + hour * 3_600_000 })));
    const { slowest, buckets } = overview({ since: START + 3_600_000, until: START + 7_200_000 });
    expect(slowest.map(({ durationMs }) => durationMs)).toEqual([1]);
    expect(buckets).toHaveLength(1);
  });

  it('is empty without events', () => {
    expect(read([]).overview()).toEqual({
      sessions: 0,
      tokens: { input: 0, output: 0, total: 0, cached: 0 },
      costs: {},
      errors: 0,
      retries: 0,
      bucketMs: 60_000,
      buckets: [],
      agents: [],
      models: [],
      tools: [],
      slowest: [],
      mostExpensive: [],
    });
  });

  it('counts calls without a time in its totals, and in no bucket', () => {
    const { overview } = read([{ ...modelEnd({ ms: 5 }), timestamp: 'yesterday' }]);
    expect(overview()).toMatchObject({
      tokens: { total: 110, cached: 40 },
      buckets: [],
      slowest: [{ durationMs: 5 }],
    });
  });

  it('counts the tokens of a background response for its model, without a call', () => {
    const access = event('DATA_ACCESS', {
      metadata: { model: 'm' },
      data_access: { datasource: 'openai://responses' },
      cost: { input_tokens: 7, output_tokens: 3, total_cost: 0.5 },
    });
    const [row] = read([access]).overview().models;
    expect(row).toMatchObject({ name: 'm', calls: 0, tokens: { total: 10 }, costs: { USD: 0.5 } });
  });

  it('never compares amounts of different currencies', () => {
    const events = [
      modelEnd({ cost: 100, currency: 'JPY' }),
      modelEnd({ cost: 1, currency: 'EUR' }),
      modelEnd({ cost: 2, currency: 'EUR' }),
    ];
    const { costs, mostExpensive } = read(events).overview();
    expect(costs).toEqual({ JPY: 100, EUR: 3 });
    expect(mostExpensive.map(({ cost }) => cost)).toEqual([
      { amount: 2, currency: 'EUR' },
      { amount: 1, currency: 'EUR' },
      { amount: 100, currency: 'JPY' },
    ]);
  });

  it('survives events without any of the members that it reads', () => {
    const types = [...new Set(EVENTS.map(({ type }) => String(type).replace('EVENT_TYPE_', '')))];
    const bare = types.map((type): ReadEvent => ({ type: `EVENT_TYPE_${type}` }));
    expect(read(bare).overview().models).toMatchObject([{ name: '(unnamed)', calls: 1 }]);
  });

  it('takes no count that is negative, fractional or too large', () => {
    const call = { prompt_tokens: -5, completion_tokens: 1.4, total_tokens: 1e20 };
    const { tokens } = read([event('MODEL_INVOCATION_END', { llm_invocation: call })]).overview();
    expect(tokens).toEqual({ input: 0, output: 1, total: 0xffff_ffff, cached: 0 });
  });
});

describe('The percentiles', () => {
  it('are durations that occurred, by nearest rank', () => {
    const { overview } = read(Array.from({ length: 100 }, (_, i) => modelEnd({ ms: 100 - i })));
    expect(overview().models[0]).toMatchObject({ p50: 50, p95: 95 });
    expect(overview().buckets[0]).toMatchObject({ p50: 50, p95: 95 });
  });

  it('are those of a naive computation, for any groups', () => {
    const durations = new DurationGroups(5000);
    const naive = new Map<number, number[]>();
    for (let i = 0; i < 5000; i += 1) {
      // Multiples of a prime are in no order, and are the same in each run.
      const [group, duration] = [(i * 7919) % 13, (i * 104_729) % 1009];
      durations.add(group, duration);
      naive.set(group, [...(naive.get(group) ?? []), duration]);
    }
    const expected = Array.from({ length: 14 }, (_, group) => {
      const sorted = (naive.get(group) ?? []).sort((a, b) => a - b);
      const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1];
      return sorted.length === 0 ? {} : { p50: at(0.5), p95: at(0.95) };
    });
    expect(durations.percentiles(14)).toEqual(expected);
  });
});

describe('The width of a bucket', () => {
  it.each([
    ['an instant', 0, 10],
    ['a second', 900, 10],
    ['a minute', 60_000, 1000],
    ['an hour', 3_600_000, 60_000],
    ['a day', DAY, 1_800_000],
    ['a month', 30 * DAY, DAY / 2],
    ['ten years', 3650 * DAY, 91 * DAY],
    ['all time that a date can have', 8.64e15, 364 * DAY * 4096],
  ])('of %s keeps their number small', (_, range, width) => {
    expect(bucketWidth(START, START + range)).toBe(width);
    expect(Math.floor((START + range) / width) - Math.floor(START / width)).toBeLessThan(MAX_BUCKETS);
  });
});

describe('What the overview keeps', () => {
  it('has a row for each of many names, and one for the rest of them', () => {
    const events = Array.from({ length: 150 }, (_, i) => modelEnd({ model: `m${i}`, ms: i }));
    events.push(modelEnd({ model: 'm149', ms: 149 }));
    const { models } = read(events).overview();
    expect(models).toHaveLength(MAX_OVERVIEW_ROWS);
    expect(models[0]).toMatchObject({ name: 'm149', calls: 2 });
    expect(models.at(-1)).toMatchObject({ name: '(others)', calls: 51, tokens: { total: 51 * 110 } });
    expect(models.reduce((sum, { calls }) => sum + calls, 0)).toBe(151);
  });

  it('is limited to so many names, of limited length', () => {
    const data = new OverviewData(new CallColumns(10, 4));
    const events = Array.from({ length: 50 }, (_, i) =>
      modelEnd({ model: `m${i}`, cost: 1, currency: `C${i}` }),
    );
    const { overview } = read([...events, modelEnd({ model: 'x'.repeat(1e6) })], data);
    expect(data.columns.names.size).toBe(10);
    expect(Object.keys(overview().costs)).toEqual(['C0', 'C1', '(others)']);
    expect(read([modelEnd({ model: 'x'.repeat(1e6) })]).overview().models[0]?.name.length).toBeLessThan(200);
  });

  it('is forgotten with the events that the index removes', () => {
    const { data, overview } = read(Array.from({ length: 40_000 }, (_, at) => modelEnd({ ms: at })));
    data.forget((event) => event < 20_000 || event % 2 === 0);
    expect(overview().models[0]).toMatchObject({ calls: 10_000, p50: 29_999 });
    expect(data.columns.chunks.map(({ rows }) => rows)).toEqual([10_000]);
    data.forget(() => true);
    expect([overview().models, data.columns.chunks]).toEqual([[], []]);
    data.add(factsOf(modelEnd({ ms: 5 })), 0, 40_000);
    expect(overview().models[0]).toMatchObject({ calls: 1, p50: 5 });
  });

  it('sums the calls of a million events', () => {
    const columns = new CallColumns();
    const durations: number[] = [];
    for (let i = 0; i < 400_000; i += 1) {
      const durationMs = (i * 104_729) % 10_007;
      if (i % 3 === 0 && i % 500 === 0) durations.push(durationMs);
      columns.add({
        kind: i % 3 === 0 ? 'model' : 'tool',
        outcome: i % 50 === 0 ? 'failed' : 'completed',
        session: i >> 4,
        event: i * 2,
        name: `name ${i % 500}`,
        agent: `agent ${i % 20}`,
        time: START + i * 40,
        durationMs,
        tokens: { input: 10, output: 1, total: 11, cached: 0 },
        cost: { amount: 0.001, currency: 'USD' },
      });
    }
    const { models, tokens } = new OverviewData(columns).overview({ sessions: 25_000, sessionId: String });
    const row = models.find(({ name }) => name === 'name 0');
    durations.sort((a, b) => a - b);
    expect(tokens.total).toBe(133_334 * 11);
    expect([row?.calls, row?.failed]).toEqual([durations.length, durations.length]);
    expect(row?.p50).toBe(durations[Math.ceil(0.5 * durations.length) - 1]);
    expect(row?.p95).toBe(durations[Math.ceil(0.95 * durations.length) - 1]);
  });
});
