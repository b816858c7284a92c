// The members of an event that the index keeps are the same, whether a line is scanned or parsed.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EventReader, FILE_START } from '../../../src/cli/view/stored/event-reader.js';
import { EventScan } from '../../../src/cli/view/stored/event-scan.js';
import { EventFacts } from '../../../src/cli/view/stored/index-batch.js';
import { EVERY_TYPE } from '../run-command.js';

/** Everything that the index takes from the events in some lines, without their places in the file. */
function factsIn(lines: Buffer, handedOver = false) {
  const reader = new EventReader(FILE_START);
  reader.push(lines);
  reader.end();
  const batch = reader.take();
  const facts = new EventFacts(handedOver ? structuredClone(batch) : batch);
  const events = [];
  while (facts.next()) {
    events.push({
      line: facts.line,
      type: facts.type,
      edge: facts.edge,
      sessionId: facts.sessionId,
      time: facts.time,
      agent: facts.agent,
      spanName: facts.spanName,
      spanId: facts.spanId,
      streamId: facts.streamId,
      userId: facts.userId,
      outcome: facts.outcome,
      durationMs: facts.durationMs,
      tokens: facts.tokens,
      cost: facts.cost,
      isCheckpoint: facts.isCheckpoint,
      isRefusal: facts.isRefusal,
      isProcess: facts.isProcess,
    });
  }
  return { events, problems: batch.problems.map(({ line }) => line) };
}

/** A line that no scan passes, since it is not canonical. */
const parsed = (line: Buffer) => Buffer.concat([line, Buffer.from(' ')]);

function bothWays(lines: readonly Buffer[]) {
  const joined = (all: readonly Buffer[]) => Buffer.concat(all.flatMap((line) => [line, Buffer.from('\n')]));
  return {
    scanned: factsIn(joined(lines)),
    whole: factsIn(joined(lines.map(parsed))),
    handedOver: factsIn(joined(lines), true),
  };
}

function isScanned(line: Buffer): boolean {
  return new EventScan().event(Buffer.concat([line, Buffer.from('\n')]), 0, line.length) !== undefined;
}

const EVENT = JSON.parse(
  readFileSync(EVERY_TYPE, 'utf8')
    .split('\n')
    .find((line) => line.includes('MODEL_INVOCATION_END')) ?? '',
);

/** An event with other members, in canonical order. */
function changed(members: Record<string, unknown>): Buffer {
  const event: Record<string, unknown> = { ...EVENT, ...members };
  return Buffer.from(
    JSON.stringify(Object.fromEntries(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)))),
  );
}

describe('The events of this package', () => {
  const lines = readFileSync(EVERY_TYPE, 'utf8')
    .trim()
    .split('\n')
    .map((line) => Buffer.from(line));

  it('have the same facts scanned, parsed, and handed over by a thread', () => {
    const { scanned, whole, handedOver } = bothWays(lines);
    expect(scanned.events).toHaveLength(lines.length);
    expect(scanned).toEqual(whole);
    expect(handedOver).toEqual(whole);
  });

  it('are scanned, each of them', () => {
    expect(lines.filter((line) => !isScanned(line))).toEqual([]);
  });
});

const TIMES = [
  '2026-03-14T09:26:53.589Z',
  '2026-03-14T09:26:53.589793Z',
  '2026-03-14T09:26:53.589793238Z',
  '2026-03-14T09:26:53Z',
  '2026-03-14T09:26:53.5Z',
  '2026-03-14T09:26:53.589',
  '2026-03-14T09:26:53.589+02:00',
  '2026-02-31T09:26:53.589Z',
  '2026-13-14T09:26:53.589Z',
  '2026-03-14T24:00:00.000Z',
  '2026-03-14T23:59:60.000Z',
  '2026-03-14T09:26:53,589Z',
  '2026-03-14T09-26-53.589Z',
  '2026-03-14T09:26:53.58xZ',
  '20260-3-14T09:26:53.589Z',
  '2026-03-14 09:26:53.589Z',
  'yesterday',
  '',
];

const VALUES: readonly unknown[] = [
  ...['', 'x', 'Größe', '日本語', '😀', 'a "quoted" \\ name', 'line\nbreak', '\u0000', '\ud800', '<script>'],
  ...['x'.repeat(100_000), ' two  spaces '],
  ...[0, -0, 1, -1, 0.1, 1.5e-7, 1e21, 1e300, 123456789012345680, 12345678901234.5],
  ...[null, true, false, [], {}, ['x'], { name: 'x' }],
];

const MEMBERS = [
  'agent_id',
  'agent_name',
  'cost',
  'data_access',
  'llm_invocation',
  'mcp_call',
  'metadata',
  'performance',
  'policy',
  'session_id',
  'span_id',
  'status',
  'timestamp',
  'tool_call',
  'tool_response',
  'type',
  'unknown',
] as const;

const NESTED = {
  cost: ['currency', 'input_tokens', 'total_cost'],
  llm_invocation: ['completion_tokens', 'duration_ms', 'model', 'prompt_tokens', 'response', 'total_tokens'],
  metadata: ['checkpoint', 'model', 'name', 'scope', 'service', 'stream_id', 'user_id', 'workflow'],
  performance: ['duration_ms'],
} as const;

describe('A line', () => {
  it.each(MEMBERS)('with any value of %s has the same facts scanned and parsed', (member) => {
    const { scanned, whole, handedOver } = bothWays(VALUES.map((value) => changed({ [member]: value })));
    expect(scanned).toEqual(whole);
    expect(handedOver).toEqual(whole);
  });

  it.each(Object.entries(NESTED))('with any value of a member of %s has them, too', (object, members) => {
    for (const type of ['MODEL_INVOCATION_END', 'SESSION_START', 'DATA_ACCESS', 'TOOL_CALL_END', 'SYSTEM']) {
      const lines = members.flatMap((member) =>
        VALUES.map((value) =>
          changed({
            type: `EVENT_TYPE_${type}`,
            data_access: { data_source: 'x' },
            [object]: { [member]: value },
          }),
        ),
      );
      const { scanned, whole } = bothWays(lines);
      expect(scanned).toEqual(whole);
    }
  });

  it('with any form of a time has the time of Date.parse()', () => {
    const { scanned, whole } = bothWays(TIMES.map((timestamp) => changed({ timestamp })));
    expect(scanned).toEqual(whole);
    expect(scanned.events.map(({ time }) => time).slice(0, 3)).toEqual(new Array(3).fill(1_773_480_413_589));
  });

  it('that is no event, or not one to others, is the same problem', () => {
    const deep = (depth: number) => `{"type":"x","unknown":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const lines = [
      ...[
        '{',
        '{}',
        '[]',
        'null',
        '"x"',
        '{"type":""}',
        '{"type":1}',
        '{"type":"x"',
        '{"type":"x"}}',
        '{"type":"x",}',
      ],
      ...[
        '{"type":"x","type":"y"}',
        '{"type":"y","session_id":"s"}',
        '{"session_id":"a","type":"x","session_id":"b"}',
      ],
      ...['{"__proto__":{"type":"x"}}', '{"type":"x\\u0041"}', '{"type":"EVENT_TYPE_"}', '{"type":"_START"}'],
      ...[
        '{"type":"x"}\r',
        '\ufeff{"type":"x"}',
        '',
        '  ',
        '\t',
        '{"type":"x","z":01}',
        '{"type":"x","z":1.0}',
      ],
      ...[
        '{"type":"x","z":nul}',
        '{"type":"x","z":"\\x"}',
        '{"type":"x","z":"\u0001"}',
        deep(60),
        deep(70),
        deep(5000),
      ],
    ].map((line) => Buffer.from(line));
    const invalidUtf8 = Buffer.concat([
      Buffer.from('{"agent_id":"'),
      Buffer.of(0xff, 0xc3),
      Buffer.from('","type":"x"}'),
    ]);
    for (const line of [...lines, invalidUtf8]) {
      const { scanned, whole } = bothWays([line]);
      expect(scanned, line.toString().slice(0, 80)).toEqual(whole);
    }
  });
});
