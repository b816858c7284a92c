import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ChaukasSpanProcessor,
  FileSink,
  recordDataAccess,
  recordPolicyDecision,
  recordStateUpdate,
  withSession,
} from '../../../src/index.js';
import { PUBLIC_KEY, SIGNING, written } from '../../chaukas/verify/sample-files.js';
import { registerTracerProvider } from '../../harness/tracer-provider.js';
import { EVERY_TYPE, eventLine, runCommand, temporaryFolder } from '../run-command.js';
import { elements, htmlTree, markdownTree, type PageNode, tableRows, textOf } from './rendered-page.js';

const folder = temporaryFolder();
const file = path.join(folder, 'events.jsonl');

/** A support desk: two customers, a tool that a person allows and one that a rule denies. */
function playApplication(): void {
  const tracer = trace.getTracer('application');
  const call = (name: string, attributes: Record<string, string | number>, inside: () => void = () => {}) =>
    tracer.startActiveSpan(name, { kind: SpanKind.CLIENT, attributes }, (span) => {
      inside();
      if (attributes['error.type'] !== undefined) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: 'card service: connection refused' });
      }
      span.end();
    });
  const model = (name: string) => ({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': name,
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.output_tokens': 100,
  });
  const tool = (name: string) => ({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': name,
    'gen_ai.tool.call.id': `call_${name}`,
  });
  withSession({ id: 'order-1' }, () => {
    call(
      'invoke_agent desk',
      { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'desk' },
      () => {
        call('chat', { ...model('gpt-4o'), 'gen_ai.input.messages': JSON.stringify(QUESTION) });
        call('chat', model('own-model'));
        call('execute_tool', tool('search_orders'), () =>
          recordDataAccess({
            datasource: 'postgres://orders',
            documentIds: ['1', '2'],
            piiCategories: ['email'],
          }),
        );
        call('execute_tool', { ...tool('refund'), 'error.type': 'ECONNREFUSED' }, () =>
          recordPolicyDecision({
            policyId: 'refund_limit',
            outcome: 'allow',
            rationale: '42.50 is below 100',
            ruleIds: ['max_100'],
            approver: { id: 'u-17', name: 'Ada', role: 'finance' },
          }),
        );
        call('tools/call', { 'mcp.method.name': 'tools/call', 'server.address': 'orders.example' });
        recordStateUpdate({ state: { ticket: 'T-1', status: 'open' } });
      },
    );
  });
  withSession({ id: 'order-2' }, () =>
    recordPolicyDecision({ policyId: 'spam', outcome: 'deny', rationale: 'a rule' }),
  );
}

const QUESTION = [
  {
    role: 'user',
    parts: [{ type: 'text', content: 'My address is jane@example.com, and joe@example.com.' }],
  },
];

beforeAll(async () => {
  const processor = new ChaukasSpanProcessor({ sinks: [new FileSink({ path: file })] });
  const { provider } = await registerTracerProvider([processor]);
  playApplication();
  await provider.shutdown();
});

async function report(...args: string[]) {
  return runCommand(['report', ...args]);
}

const FORMATS = [
  { format: 'html', treeOf: htmlTree },
  { format: 'markdown', treeOf: markdownTree },
] as const;

describe.each(FORMATS)('The report of a real file as $format', ({ format, treeOf }) => {
  let tree: PageNode;
  beforeAll(async () => {
    const { exitCode, stderr, stdout } = await report('--format', format, file);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    tree = treeOf(stdout);
  });

  const columns = (caption: string, ...indexes: number[]) =>
    tableRows(tree, caption).map((row) => indexes.map((index) => row[index]));

  it('says whether the file is whole', () => {
    expect(textOf(tree)).toContain('The verification found no problems. Signatures were not checked');
  });

  it('has the stream, its end and what its destination received', () => {
    const [stream] = tableRows(tree, 'Streams in the input');
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const [id = '', opened, ended, state, reason, here, stated] = stream ?? [];
    expect(id).toMatch(/^stream-/);
    expect([state, reason, here, stated]).toEqual([
      'closed',
      'shutdown',
      `${lines.length}`,
      `${lines.length}`,
    ]);
    expect([opened, ended]).toEqual([
      JSON.parse(lines[0] ?? '').timestamp,
      JSON.parse(lines.at(-1) ?? '').timestamp,
    ]);
    expect(tableRows(tree, 'What each destination had received when its stream ended')).toHaveLength(1);
    const setup = columns('Versions and configuration', 1, 2, 3)[0]?.join(' ');
    expect(setup).toMatch(/event stream started.*node .*captureMessageContent true/);
  });

  it('has the sessions of the application', () => {
    expect(columns('Sessions', 0, 3, 4, 6, 7, 8, 10)).toEqual([
      ['order-1', 'completed', 'desk', '2', '2', '2,200', '1'],
      ['order-2', 'completed', '', '0', '0', '0', '0'],
    ]);
  });

  it('says who decided what, about which call', () => {
    expect(columns('Decisions', 1, 2, 3, 4, 5, 6)).toEqual([
      [
        'refund_limit',
        'allow',
        'user: Ada, u-17, finance',
        'refund (call_refund)',
        '42.50 is below 100; max_100',
        'order-1',
      ],
      ['spam', 'deny', 'system', '', 'a rule', 'order-2'],
    ]);
    expect(tableRows(tree, 'Decisions by outcome')).toEqual([
      ['allow', '1'],
      ['deny', '1'],
    ]);
  });

  it('has tools, MCP servers, data and state', () => {
    expect(columns('Tools called', 0, 1, 2)).toEqual([
      ['refund', '1', '1'],
      ['search_orders', '1', '0'],
    ]);
    expect(columns('Requests to MCP servers', 0, 1)).toEqual([['orders.example tools/call', '1']]);
    expect(tableRows(tree, 'Data accessed')).toEqual([['postgres://orders', '1', '2', 'email']]);
    expect(tableRows(tree, 'State changed, by its members')).toEqual([['status, ticket', '1']]);
  });

  it('has models, their cost and the calls without a price', () => {
    expect(columns('Models called', 0, 1, 4, 5, 6, 7)).toEqual([
      ['gpt-4o', '1', '1,000', '100', '$0.003500', '0'],
      ['own-model', '1', '1,000', '100', '', '1'],
    ]);
    expect(textOf(tree)).toContain('1 call has no price, so the cost is without them.');
  });

  it('has errors and redactions', () => {
    expect(columns('Errors', 1, 2, 3)).toEqual([
      ['desk', 'ECONNREFUSED', 'card service: connection refused'],
    ]);
    expect(tableRows(tree, 'Personal data found, by category')).toEqual([['email', '1']]);
    expect(tableRows(tree, 'Fields changed')).toEqual([['llm_invocation.request.messages[].content', '1']]);
    expect(textOf(tree)).not.toContain('jane@');
  });

  it('has what the file can support, and does not speak of compliance as given', () => {
    const references = [/^EU AI Act/, /^SOC 2/].flatMap((begin) =>
      elements(tree, 'tbody').flatMap((body) =>
        elements(body, 'tr')
          .map((row) =>
            textOf((row.childNodes ?? []).find(({ nodeName }) => /^t[dh]$/.test(nodeName)) ?? row),
          )
          .filter((cell) => (begin.source.includes('SOC') ? /^CC7/ : /^Article 12/).test(cell)),
      ),
    );
    expect(references).toEqual([
      'Article 12(1)',
      'Article 12(2)(a)',
      'Article 12(2)(b)',
      'Article 12(2)(c)',
      'Article 12(3)',
      'CC7.1',
      'CC7.2',
      'CC7.3',
      'CC7.4',
      'CC7.5',
    ]);
    expect(textOf(tree)).toContain('not a statement of compliance');
    expect(textOf(tree)).not.toMatch(/compliant|complies|fulfil/i);
    expect(textOf(tree)).toMatch(/Article 12\(3\)\s*Applies only to remote biometric identification/);
  });
});

describe('The report of a signed file', () => {
  const signed = path.join(folder, 'signed.jsonl');
  const key = path.join(folder, 'public.pem');
  const anchor = path.join(folder, 'anchor.txt');
  const lines = written('parallel sessions', SIGNING['with a key']);
  const notes = lines
    .map((line) => JSON.parse(line).metadata)
    .filter((metadata) => metadata?.message === 'checkpoint')
    .map(({ checkpoint }): string => checkpoint);
  writeFileSync(signed, lines.map((line) => `${line}\n`).join(''));
  writeFileSync(key, PUBLIC_KEY.export({ type: 'spki', format: 'pem' }));
  writeFileSync(anchor, notes[1] ?? '');

  it('has its checkpoints, and the keys and anchors with which they were checked', async () => {
    const { exitCode, stdout, stderr } = await report('--public-key', key, '--anchor', anchor, signed);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const tree = markdownTree(stdout);
    const text = textOf(tree);
    expect(text).toContain(`Signatures were checked with ${key}: ${notes.length} valid checkpoints.`);
    expect(text).toContain('compared with 1 anchor; 1 of them agrees with a stream.');
    const rows = tableRows(tree, 'Signed checkpoints in the file');
    expect(rows.map(([, number, , size, root]) => [number, size, root].join('\n'))).toEqual(
      notes.map((note) => {
        const [, size, root, number = ''] = note.split('\n');
        return [number.replace('checkpoint ', ''), size, root].join('\n');
      }),
    );
    expect(rows.map(([, , , , , , last]) => last).filter(Boolean)).toEqual(['yes']);
    expect(rows[0]?.[5]).toMatch(/^audit \([0-9a-f]{8}\)$/);
  });

  it('says that nothing was checked without a key', async () => {
    const { stdout } = await report(signed);
    expect(stdout).toContain('No public key was given');
    expect(stdout).toContain('No anchor was given');
  });

  it('is not made with a key that cannot be read', async () => {
    const { exitCode, stderr } = await report('--public-key', 'missing.pem', signed);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: 'agent-events: --public-key missing.pem: no such file\n',
    });
  });
});

describe('A page in HTML', () => {
  it('allows no script, no address and no style but its own', async () => {
    const { stdout } = await report('--format', 'html', file);
    const [policy] = elements(htmlTree(stdout), 'meta')
      .map(({ attrs = [] }) => Object.fromEntries(attrs.map(({ name, value }) => [name, value])))
      .filter((meta) => meta['http-equiv'] === 'Content-Security-Policy')
      .map(({ content = '' }) => content);
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'$/,
    );
    const style = textOf(elements(htmlTree(stdout), 'style')[0] as PageNode);
    const digest = Buffer.from(
      await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style)),
    ).toString('base64');
    expect(policy).toContain(digest);
    expect(stdout).not.toMatch(/https?:/);
  });

  it('has a language, a heading for each section, and captions and scopes on each table', async () => {
    const { stdout } = await report('--format', 'html', file);
    const tree = htmlTree(stdout);
    expect(stdout).toMatch(/<html lang="en">/);
    expect(elements(tree, 'h1')).toHaveLength(1);
    expect(elements(tree, 'h2')).toHaveLength(elements(tree, 'section').length);
    expect(elements(tree, 'caption')).toHaveLength(elements(tree, 'table').length);
    for (const cell of elements(tree, 'th')) expect(cell.attrs?.map(({ name }) => name)).toContain('scope');
    const ids = [...stdout.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of stdout.matchAll(/aria-labelledby="([^"]+)"/g)) expect(ids).toContain(id);
  });
});

describe('The command', () => {
  it.each([
    ['page.html', /^<!DOCTYPE html>/],
    ['page.HTM', /^<!DOCTYPE html>/],
    ['page.md', /^# Audit report/],
    ['page', /^# Audit report/],
  ])('writes %s in the form of its name', async (name, begin) => {
    const output = path.join(folder, name);
    expect(await report('--output', output, file)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(readFileSync(output, 'utf8')).toMatch(begin);
  });

  it('does not overwrite what it reads', async () => {
    const before = readFileSync(file, 'utf8');
    const { exitCode, stderr } = await report('--output', file, EVERY_TYPE, file);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: `agent-events: --output ${file}: is one of the files to read; name another file\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('says why it cannot write', async () => {
    const output = path.join(folder, 'missing', 'page.html');
    const { exitCode, stderr } = await report('--output', output, file);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 4,
      stderr: `agent-events: --output ${output}: no such folder\n`,
    });
  });

  it('exits with 1 if the stream has an error, and explains it', async () => {
    const changed = path.join(folder, 'changed.jsonl');
    writeFileSync(changed, readFileSync(file, 'utf8').replace('max_100', 'max_999'));
    const { exitCode, stdout } = await report(changed);
    expect(exitCode).toBe(1);
    const finding = tableRows(markdownTree(stdout), 'Findings').find(([, code]) => code === 'changed_event');
    expect(finding?.slice(0, 4)).toEqual([
      'error',
      'changed_event',
      expect.stringMatching(/changed\.jsonl:\d+$/),
      'the content does not match content_hash',
    ]);
    expect(finding?.[4]?.length).toBeGreaterThan(20);
  });

  it.each([
    ['an empty file', '', 'The input has no events.'],
    ['a file of other lines', '[1]\nnot json\n{"a":1}\n', 'The input has no events. 3 lines are not events'],
  ])('explains %s', async (_what, content, expected) => {
    const empty = path.join(folder, 'other.jsonl');
    writeFileSync(empty, content);
    const { exitCode, stdout } = await report('--format', 'html', empty);
    expect(exitCode).toBe(content === '' ? 3 : 1);
    expect(textOf(htmlTree(stdout))).toContain(expected);
  });

  it('counts lines that are not events, and shows the others', async () => {
    const mixed = path.join(folder, 'mixed.jsonl');
    writeFileSync(mixed, `${readFileSync(file, 'utf8')}{"type":"x"\n`);
    const { exitCode, stdout } = await report(mixed);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('1 line is not an event, and left out.');
    expect(tableRows(markdownTree(stdout), 'Sessions')).toHaveLength(2);
  });

  it('cuts its tables, and says so', async () => {
    const { stdout } = await report('--rows', '1', file);
    expect(tableRows(markdownTree(stdout), 'Sessions')).toHaveLength(1);
    expect(stdout).toContain('A table has at most 1 rows');
    expect(stdout).toContain('Only the first 1 of 2 rows are shown. The option --rows shows more.');
  });

  it('may show no rows at all', async () => {
    const { stdout } = await report('--rows', '0', file);
    expect(stdout).toContain('Sessions: Only the first 0 of 2 rows are shown.');
    expect(stdout).not.toContain('no sessions');
  });

  it('reads several files as one stream, and standard input', async () => {
    const lines = readFileSync(file, 'utf8').split(/(?<=\n)/);
    const parts = [lines.slice(0, 5), lines.slice(5)].map((part, index) => {
      const name = path.join(folder, `part-${index}.jsonl`);
      writeFileSync(name, part.join(''));
      return name;
    });
    expect((await report(...parts)).exitCode).toBe(0);
    const { stdout } = await runCommand(['report', '-'], { stdin: lines.join('') });
    expect(stdout).toContain('Made from standard input on');
  });

  it('shows no more of a text than a table can hold', async () => {
    const long = path.join(folder, 'long.jsonl');
    const text = 'x'.repeat(1_000_000);
    writeFileSync(
      long,
      eventLine({ type: 'EVENT_TYPE_ERROR', error: { error_message: text, error_code: text } }),
    );
    const { stdout } = await report(long);
    expect(stdout.length).toBeLessThan(30_000);
  });
});
