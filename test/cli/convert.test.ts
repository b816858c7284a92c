import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { csvCell } from '../../src/cli/convert/csv.js';
import { EVERY_TYPE, eventLine, runCommand } from './run-command.js';

const source = readFileSync(EVERY_TYPE, 'utf8');
const events = source
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

async function converted(to: string, stdin = source): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(['convert', '--to', to], { stdin });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

async function convertedLines(to: string) {
  return (await converted(to))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('jsonl writes each line unchanged', async () => {
  expect(await converted('jsonl')).toBe(source);
});

test('rest writes enums without prefix, and the content with its kind', async () => {
  const lines = await convertedLines('rest');
  expect(lines).toHaveLength(27);
  const { tool_call, ...call } = events[9];
  expect(call.type).toBe('EVENT_TYPE_TOOL_CALL_START');
  expect(lines[9]).toEqual({
    ...call,
    type: 'TOOL_CALL_START',
    status: 'STARTED',
    severity: 'INFO',
    author: 'TOOL',
    content: { kind: 'tool_call', ...tool_call },
  });
});

test('rest keeps a type of a newer specification', async () => {
  const out = await converted('rest', eventLine({ type: 'EVENT_TYPE_OF_TOMORROW' }));
  expect(JSON.parse(out).type).toBe('OF_TOMORROW');
});

test('an event that a format cannot carry is reported with its line, and the rest is written', async () => {
  const two = eventLine({ message: { text: 'a' }, error: { error_message: 'b' } });
  const { exitCode, stdout, stderr } = await runCommand(['convert', '--to', 'rest'], {
    stdin: two + eventLine({}),
  });
  expect({ exitCode, lines: stdout.split('\n').length - 1 }).toEqual({ exitCode: 3, lines: 1 });
  expect(stderr).toMatch(
    /^agent-events: standard input:1: cannot be written in this format: event\.\S+ .+\n$/,
  );
});

describe('cloudevents', () => {
  test('writes the event as the data', async () => {
    const lines = await convertedLines('cloudevents');
    expect(lines.map(({ data }) => data)).toEqual(events);
    expect(lines[9]).toMatchObject({
      specversion: '1.0',
      id: events[9].event_id,
      source: '/chaukas/acme/shop',
      type: 'dev.ossa.tool.called',
    });
  });

  test('has the source of --source', async () => {
    const args = ['convert', '--to', 'cloudevents', '--source', 'https://shop.example'];
    const { stdout } = await runCommand(args, { stdin: source });
    expect(new Set(cloudEvents(stdout).map((event) => event.source))).toEqual(
      new Set(['https://shop.example']),
    );
  });

  test('refuses --source for another format', async () => {
    expect(await runCommand(['convert', '--to', 'csv', '--source', 'x'], { stdin: source })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--source is for --to cloudevents'),
    });
  });
});

describe('convert --from cloudevents', () => {
  async function convertedBack(stdin: string, ...args: readonly string[]) {
    return runCommand(['convert', '--from', 'cloudevents', '--to', 'jsonl', ...args], { stdin });
  }

  /** Forms in which a program may have stored the CloudEvents. */
  const FORMS: Readonly<Record<string, (lines: readonly string[]) => string>> = {
    'JSON Lines': (lines) => lines.join('\n'),
    'lines of several events, with objects between line breaks': (lines) =>
      lines.map((line) => JSON.stringify(JSON.parse(line), null, 2)).join('\n'),
    'a batch on one line': (lines) => `[${lines.join(',')}]\n`,
    'a batch with an event on each line': (lines) => `[\n${lines.join(',\n')}\n]\n`,
    'a batch with line breaks inside': (lines) =>
      JSON.stringify(
        lines.map((line) => JSON.parse(line)),
        null,
        2,
      ),
    'several batches': (lines) => `[${lines.slice(0, 5).join(',')}]\n[]\n[${lines.slice(5).join(', ')}]`,
  };

  test.each(Object.entries(FORMS))('reads %s', async (_, form) => {
    const lines = (await converted('cloudevents')).trimEnd().split('\n');
    const { stdout, stderr, exitCode } = await convertedBack(form(lines));
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(cloudEvents(stdout)).toEqual(events);
    const { exitCode: verified } = await runCommand(['verify'], { stdin: stdout });
    expect(verified).toBe(0);
  });

  test('writes each line as it was, to the byte', async () => {
    expect((await convertedBack(await converted('cloudevents'))).stdout).toBe(source);
  });

  test.each([
    [
      'an integer of many digits',
      '{"event_id":"1","type":"EVENT_TYPE_SYSTEM","metadata":{"n":9007199254740993}}',
    ],
    [
      'a number that is spelt differently',
      '{"event_id":"1","type":"EVENT_TYPE_SYSTEM","metadata":{"n":1.0e2}}',
    ],
    [
      'escapes and spaces',
      '{ "event_id" : "1", "type":"EVENT_TYPE_SYSTEM","metadata":{"\\u0061":"\\u00e4}]\\"{"} }',
    ],
  ])('keeps %s', async (_, line) => {
    expect((await convertedBack(await converted('cloudevents', line))).stdout).toBe(`${line}\n`);
  });

  test('filters, and writes other formats', async () => {
    const { stdout } = await runCommand(
      ['convert', '--from', 'cloudevents', '--to', 'rest', '--tool', 'refund_*'],
      {
        stdin: await converted('cloudevents'),
      },
    );
    expect(cloudEvents(stdout).map(({ type }) => type)).toEqual([
      'TOOL_CALL_START',
      'ERROR',
      'TOOL_CALL_END',
    ]);
  });

  test('reports what is not a CloudEvent of an audit event, and reads the rest', async () => {
    const [line = ''] = (await converted('cloudevents')).split('\n');
    const { stdout, stderr, exitCode } = await convertedBack(
      [
        'no JSON',
        '{"specversion":"1.0"',
        line,
        '{}',
        line.replace('"specversion":"1.0"', '"specversion":"0.3"'),
        '[1]',
        line,
        '{"id',
      ].join('\n'),
    );
    expect(exitCode).toBe(3);
    expect(cloudEvents(stdout)).toEqual([events[0], events[0]]);
    expect(stderr).toMatch(/:1: .*not JSON/);
    expect(stderr).toMatch(/:2: .*cut off/);
    expect(stderr).toMatch(/:4: .*not a CloudEvent/);
    expect(stderr).toMatch(/:5: .*version 1.0/);
    expect(stderr).toMatch(/:6: .*not a CloudEvent/);
    expect(stderr).toMatch(/:8: .*not JSON/);
  });
});

function cloudEvents(stdout: string) {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('csv', () => {
  const COLUMNS =
    'event_id,timestamp,type,status,severity,author,tenant_id,project_id,session_id,trace_id,span_id,parent_span_id,' +
    'agent_id,agent_name,invocation_id,response_id,duration_ms,provider,model,prompt_tokens,completion_tokens,' +
    'total_tokens,finish_reason,total_cost,currency,tool_name,tool_call_id,mcp_server,mcp_operation,role,text,' +
    'policy_id,policy_outcome,datasource,error_code,error_message,retry_attempt,retry_backoff_ms,branch,tags,' +
    'pii_categories,hash_prev,content_hash,worm_proof_id,content_kind,content,metadata';

  test('has these columns in this order, and one row per event', async () => {
    const rows = parseCsv(await converted('csv'));
    expect(rows[0]).toEqual(COLUMNS.split(','));
    expect(rows.length).toBe(28);
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([47]));
    const call = Object.fromEntries(
      COLUMNS.split(',')
        .map((name, index) => [name, rows[8]?.[index]])
        .filter(([, cell]) => cell !== ''),
    );
    expect(call).toEqual({
      event_id: events[7].event_id,
      timestamp: '2026-03-14T09:26:55.460Z',
      type: 'MODEL_INVOCATION_END',
      status: 'COMPLETED',
      severity: 'INFO',
      author: 'LLM',
      tenant_id: 'acme',
      project_id: 'shop',
      session_id: 'order-1042',
      trace_id: '22222222222222222222222222222222',
      span_id: '2200000000000003',
      parent_span_id: '2200000000000002',
      agent_id: 'triage',
      agent_name: 'triage',
      invocation_id: '2200000000000001',
      response_id: 'resp_1',
      duration_ms: '1450',
      provider: 'openai',
      model: 'gpt-5-mini',
      prompt_tokens: '1812',
      completion_tokens: '94',
      total_tokens: '1906',
      finish_reason: 'tool_calls',
      total_cost: '0.000641',
      currency: 'USD',
      hash_prev: events[7].hash_prev,
      content_hash: events[7].content_hash,
      content_kind: 'llm_invocation',
      content: JSON.stringify(events[7].llm_invocation),
    });
  });

  test('ends rows as RFC 4180 requires', async () => {
    expect(await converted('csv', eventLine({}))).toMatch(/^event_id,[^\r\n]+\r\n[^\r\n]+\r\n$/);
  });

  test.each([
    ['text', 'text'],
    ['with, comma', '"with, comma"'],
    ['with "quotes"', '"with ""quotes"""'],
    ['two\nlines', '"two\nlines"'],
    ['', ''],
    [undefined, ''],
    [null, ''],
    [-1.5, '-1.5'],
    [true, 'true'],
    [['a', 'b'], 'a;b'],
    [{ a: 1 }, '"{""a"":1}"'],
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', '"\'\r=1"'],
    ['＝1', "'＝1"],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    [['=1', 'b'], "'=1;b"],
    ['a=1', 'a=1'],
  ])('writes the cell %j', (value, cell) => expect(csvCell(value)).toBe(cell));
});

/** Parses strict RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}
