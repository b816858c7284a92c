// agent-events show: one event, whole, with its place in the chain.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EVERY_TYPE, eventLine, runCommand } from './run-command.js';

const source = readFileSync(EVERY_TYPE, 'utf8');
const lines = source.trimEnd().split('\n');
const id = (last: string) => `01931f2a-7c00-7000-8000-0000000000${last}`;

async function shown(eventId: string, stdin = source) {
  const result = await runCommand(['show', '--json', eventId], { stdin });
  return { ...result, json: result.stdout === '' ? undefined : JSON.parse(result.stdout) };
}

test('An event is shown with each of its fields, its hash and its neighbours', async () => {
  const { exitCode, stdout, stderr } = await runCommand(['show', id('08'), EVERY_TYPE]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout.replaceAll(EVERY_TYPE, 'events.jsonl')).toBe(`RETRY  events.jsonl:7
agent_id          triage
agent_name        triage
author            AUTHOR_SYSTEM
content_hash      d62e6682b589acc49fcdc6dfac99d566664aeaab14930eabdf04225f71413f74
event_id          01931f2a-7c00-7000-8000-000000000008
hash_prev         24b1b6cf0fa746f2ad70fbf2feb817df50fb30257abd38d7f3bae498f11d381c
invocation_id     2200000000000001
metadata
  http_status       429
parent_span_id    2200000000000002
project_id        shop
retry
  attempt           1
  backoff_ms        500
  strategy          exponential
session_id        order-1042
severity          SEVERITY_WARN
span_id           2200000000000003
status            EVENT_STATUS_IN_PROGRESS
tenant_id         acme
timestamp         2026-03-14T09:26:54.210Z
trace_id          22222222222222222222222222222222
type              EVENT_TYPE_RETRY

hash              valid
before            MODEL_INVOCATION_START 01931f2a-7c00-7000-8000-000000000007 (events.jsonl:6)
after             MODEL_INVOCATION_END 01931f2a-7c00-7000-8000-000000000009 (events.jsonl:8)
`);
});

test('--json has the event unchanged, and the same facts', async () => {
  const { exitCode, json } = await shown(id('08'));
  expect(exitCode).toBe(0);
  expect(json).toEqual({
    event: JSON.parse(lines[6] ?? ''),
    file: 'standard input',
    line: 7,
    hash: { valid: true, problem: null },
    previous: {
      event_id: id('07'),
      type: 'MODEL_INVOCATION_START',
      file: 'standard input',
      line: 6,
      linked: true,
    },
    next: { event_id: id('09'), type: 'MODEL_INVOCATION_END', file: 'standard input', line: 8, linked: true },
  });
});

test('Each event of a file has a valid hash and links to its neighbours', async () => {
  for (const line of lines) {
    const { event_id, hash_prev, type } = JSON.parse(line);
    const { exitCode, json } = await shown(event_id);
    expect([exitCode, json.hash.valid]).toEqual([0, true]);
    expect(json.previous?.linked).toBe(hash_prev === '' || hash_prev === undefined ? undefined : true);
    expect(json.next?.linked).toBe(type === 'EVENT_TYPE_SESSION_END' ? undefined : true);
  }
});

describe('The exit code is 1', () => {
  test.each<[string, string, string, object]>([
    [
      'if the event was changed',
      id('08'),
      source.replace('"backoff_ms":500', '"backoff_ms":5'),
      { hash: { valid: false, problem: 'the content does not match content_hash' } },
    ],
    [
      'if the event before it is another one',
      id('09'),
      lines.toSpliced(6, 1).join('\n'),
      { hash: { valid: true }, previous: { type: 'MODEL_INVOCATION_START', linked: false } },
    ],
    [
      'if the event after it is another one',
      id('07'),
      lines.toSpliced(6, 1).join('\n'),
      { hash: { valid: true }, next: { type: 'MODEL_INVOCATION_END', linked: false } },
    ],
    [
      'if it has no hash',
      'e1',
      eventLine({ event_id: 'e1' }),
      { hash: { valid: false, problem: 'content_hash is missing' } },
    ],
  ])('%s', async (_, eventId, stdin, json) => {
    expect(await shown(eventId, stdin)).toMatchObject({ exitCode: 1, json });
  });

  test('if no event has the id', async () => {
    expect(await runCommand(['show', 'none', EVERY_TYPE])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'agent-events: no event here has the id none\n',
    });
  });
});

test('The exit code is 3 if a part that cannot be read may have had the event', async () => {
  const { exitCode, stderr } = await runCommand(['show', 'none', EVERY_TYPE, 'missing.jsonl']);
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('missing.jsonl: no such file')]);
});

test('Without its neighbours the event is shown, and a copy of it is not its neighbour', async () => {
  const { exitCode, stdout } = await runCommand(['show', id('08')], { stdin: `${lines[6]}\n${lines[6]}\n` });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('before            no event of its session in this input\n');
  expect(stdout).toContain('after             no event of its session in this input\n');
});

test('Texts of several lines and hostile ones are readable, and cut nowhere', async () => {
  const text = `one\n${'x'.repeat(500)}\u001b[31m\ntwo`;
  const stdin = eventLine({ event_id: 'e1', message: { text, list: [], deep: nested(3000) } });
  const { stdout } = await runCommand(['show', 'e1', '-'], { stdin, terminal: 60, env: { NO_COLOR: '1' } });
  const below = ' '.repeat(20);
  expect(stdout).toContain(`  text              one\n${below}${'x'.repeat(500)}\\u001b[31m\n${below}two\n`);
  expect(stdout).toContain('  list              []\n');
});

function nested(depth: number): unknown {
  return depth === 0 ? 1 : { a: nested(depth - 1) };
}

test('At a terminal without a file the usage is printed', async () => {
  expect(await runCommand(['show', 'e1'], { terminal: true })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: 'error: nothing to read; name a file after the event_id: agent-events show EVENT_ID FILE\n',
  });
});
