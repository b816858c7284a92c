// docs/agent-events.md, "JSON": the documented members are those that the commands print.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { formatVerifierKey } from '../../src/chaukas/transparency-log/verifier-key.js';
import { PUBLIC_KEY, TEST_KEY } from '../chaukas/verify/sample-files.js';
import { TestProcess } from '../chaukas/verify/test-process.js';
import { makeProject } from './doctor/project.js';
import { EVERY_TYPE, eventLine, runCommand, temporaryFolder } from './run-command.js';

type Json = Record<string, unknown>;

const document = readFileSync(fileURLToPath(new URL('../../docs/agent-events.md', import.meta.url)), 'utf8');
const section = /^## JSON\n(.*?)^## /ms.exec(document)?.[1] ?? '';
const source = readFileSync(EVERY_TYPE, 'utf8');

/** The printed objects by the name that the document gives them. */
const printed = new Map<string, Json[]>();

const add = (name: string, ...objects: (Json | null | undefined)[]) =>
  printed.set(name, [
    ...(printed.get(name) ?? []),
    ...objects.filter((object) => object !== null && object !== undefined),
  ]);

async function objects(args: readonly string[], options: object = {}): Promise<Json[]> {
  const { stdout } = await runCommand(args, options);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const list = (value: unknown) => value as Json[];

beforeAll(async () => {
  // A stranger in a file, an event without a time, and a retry: members that are seldom there.
  const start = eventLine({ type: 'EVENT_TYPE_SESSION_START', metadata: { user_id: 'u1' } });
  const bare = eventLine({ timestamp: undefined, span_id: undefined, event_id: undefined });
  const stdin = source + start + bare;
  const nodes = (node: Json): Json[] => [node, ...list(node.children ?? []).flatMap(nodes)];
  for (const session of await objects(['tree', '--json'], { stdin })) {
    add('tree', session);
    for (const node of list(session.children).flatMap(nodes)) {
      add('tree children', node);
      add('tokens', node.tokens as Json | undefined);
    }
  }
  for (const input of [stdin, '']) {
    const [stats] = await objects(['stats', '--json'], { stdin: input });
    add('stats', stats);
    add('stats tools', ...['tools', 'mcp', 'agents'].flatMap((name) => list(stats?.[name])));
    add('stats models', ...list(stats?.models));
    add('stats slowest', ...list(stats?.slowest));
    add('tokens', stats?.tokens as Json);
  }
  for (const input of [source, `${source}{}\n`, source.replace('max_100_eur', 'max_999_eur')]) {
    const [report] = await objects(['verify', '--json'], { stdin: input });
    add('verify', report);
    add('verify findings', ...list(report?.findings));
  }
  for (const id of ['01931f2a-7c00-7000-8000-000000000008', '01931f2a-7c00-7000-8000-000000000001', 'e']) {
    const input = `${eventLine({ event_id: 'e' })}${eventLine({ event_id: undefined })}${source}`;
    const [shown] = await objects(['show', '--json', id], { stdin: input });
    add('show', shown);
    add('show hash', shown?.hash as Json);
    add('show neighbours', shown?.previous as Json | null, shown?.next as Json | null);
  }
  const [doctor] = await objects(['doctor', '--json'], {
    cwd: makeProject({}),
    env: { OTEL_TRACES_EXPORTER: 'console' },
  });
  add('doctor', doctor);
  add('doctor checks', ...list(doctor?.checks));
  await proofs();
});

async function proofs(): Promise<void> {
  const lines: string[] = [];
  new TestProcess(lines, { key: TEST_KEY, maxEvents: 4 }).whole('a').shutdown();
  const { stdout } = await runCommand(['prove', JSON.parse(lines[2] ?? '').event_id], {
    stdin: lines.join('\n'),
  });
  const file = path.join(temporary, 'event.tlog-proof');
  writeFileSync(file, stdout);
  const key = formatVerifierKey('audit', PUBLIC_KEY);
  add('verify --proof', ...(await objects(['verify', '--json', '--proof', file, '--public-key', key])));
  writeFileSync(file, stdout.replace(/extra .*/, 'extra e30='));
  add('verify --proof', ...(await objects(['verify', '--json', '--proof', file, '--public-key', key])));
}

const temporary = temporaryFolder();

interface Documented {
  readonly name: string;
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** The items of the list: the name, and the members after the last colon. */
const documented = [...section.matchAll(/^- \*\*(.*?)\*\*(.*?)(?=^- |^$)/gms)].map(
  ([, name = '', text = '']): Documented => {
    const members = [...text.replace(/^.*?(:|same, and)/s, '').matchAll(/`(\w+)(\??)`/g)];
    const all = members.map(([, member = '', mark = '']) => ({ member, optional: mark === '?' }));
    return {
      name: name.replaceAll('`', ''),
      required: all.filter(({ optional }) => !optional).map(({ member }) => member),
      optional: all.filter(({ optional }) => optional).map(({ member }) => member),
    };
  },
);

test('The document describes each printed object', () => {
  expect(documented.map(({ name }) => name).sort()).toEqual([...printed.keys()].sort());
});

test.each(documented)('The members of $name are the documented ones', ({ name, required, optional }) => {
  const found = printed.get(name) ?? [];
  expect(found.length).toBeGreaterThan(0);
  const calls = documented.find((other) => other.name === 'stats tools')?.required ?? [];
  const always =
    name === 'stats models'
      ? [...calls, ...required]
      : required.filter((member) => name !== 'tokens' || member !== 'cost');
  for (const object of found) {
    const members = Object.keys(object);
    expect(members.filter((member) => !always.includes(member) && !optional.includes(member))).toEqual([]);
    expect(always.filter((member) => !members.includes(member))).toEqual([]);
  }
  // Each optional member does occur, and may be absent.
  const seen = new Set(found.flatMap((object) => Object.keys(object)));
  expect(optional.filter((member) => !seen.has(member))).toEqual([]);
  expect(optional.filter((member) => found.every((object) => member in object))).toEqual([]);
});
