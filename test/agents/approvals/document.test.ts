/** The table in `docs/approvals.md`: what each kind of tool, answer and way to go on leads to. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as agents from '@openai/agents';
import { trace } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ChaukasEvent, withApprover } from '../../../src/index.js';
import { type Harness, startHarness } from '../../harness/telemetry.js';
import { PROJECT } from '../../run-fixture.js';
import { KINDS, type Kind, type ScriptedServer, startScriptedServer, text, uninstrumented } from './kinds.js';

const DOCUMENT = path.join(PROJECT, 'docs/approvals.md');
const BEGIN = '<!-- table: written by test/agents/approvals/document.test.ts -->\n';
const END = '<!-- end of the table -->';

let harness: Harness;
let server: ScriptedServer;
beforeAll(async () => {
  harness = await startHarness();
  server = await startScriptedServer();
});
afterAll(async () => {
  server.close();
  await harness.stop();
});

type State = agents.RunState<unknown, agents.Agent>;
type Item = agents.RunToolApprovalItem;

const ANSWERS: Readonly<Record<string, (state: State, item: Item) => void>> = {
  approve: (state, item) => state.approve(item),
  reject: (state, item) => state.reject(item, { message: 'no' }),
  'approve always': (state, item) => state.approve(item, { alwaysApprove: true }),
  'reject always': (state, item) => state.reject(item, { alwaysReject: true, message: 'no' }),
};

/** Answers in a request of a person, with its own span. */
function answerInRequest(answer: string, state: State): void {
  trace.getTracer('app').startActiveSpan('POST /approve', (span) => {
    withApprover({ id: 'alice' }, () => {
      for (const item of state.getInterruptions()) ANSWERS[answer]?.(state, item);
    });
    span.end();
  });
}

/** Each way returns the events and links of this process that follow the question. */
const RESUMED: Readonly<
  Record<string, (agent: agents.Agent, state: State, answer: string) => Promise<unknown>>
> = {
  here: async (agent, state, answer) => {
    answerInRequest(answer, state);
    await agents.run(agent, state);
  },
  'in another process': async (agent, state, answer) => {
    const asked = state.toString();
    const stored = await uninstrumented(harness, async () => {
      const other = await agents.RunState.fromString(agent, asked);
      answerInRequest(answer, other as State);
      return other.toString();
    });
    await agents.run(agent, await agents.RunState.fromString(agent, stored));
  },
  never: async (_agent, state, answer) => answerInRequest(answer, state),
};

async function row(kind: Kind, answer: string, resumed: string): Promise<readonly string[]> {
  const isAlways = answer.endsWith('always');
  const made = (id: string) => (kind.made && answer.startsWith('approve') ? [kind.made(id)] : []);
  if (isAlways)
    server.script([kind.ask('c-1')], [...made('c-1'), kind.ask('c-2')], [...made('c-2'), text('done')]);
  else server.script([kind.ask('c-1')], [...made('c-1'), text('done')]);
  const agent = new agents.Agent({ name: 'A', model: 'm', tools: [kind.tool()] }) as agents.Agent;
  const asked = await agents.run(agent, 'go');
  await RESUMED[resumed]?.(agent, asked.state as State, answer);
  const events = (await harness.events()).slice();
  const spans = harness.spans();
  await harness.reset();
  const decisions = events.filter(({ policy }) => policy !== undefined && policy.outcome !== 'review');
  const [first, second] = spans.filter(({ name }) => name === 'invoke_workflow A');
  const links = [
    ...(decisions[0]?.metadata?.request ? ['request'] : []),
    ...(decisions[0]?.metadata?.waiting_run ? ['waiting run'] : []),
    ...(second?.links[0]?.context.spanId === first?.spanContext().spanId && second ? ['run to run'] : []),
  ];
  const authors = decisions.map(({ author }) => author.replace('AUTHOR_', '').toLowerCase());
  return [kind.name, answer, resumed, events.flatMap(token).join(', '), authors.join(', '), links.join(', ')];
}

/** Returns the part of the events of approvals and calls that readers look for. */
function token({ type, status, policy, metadata }: ChaukasEvent): string[] {
  if (policy?.outcome === 'review') return ['asked'];
  if (policy !== undefined) {
    const how = metadata?.made_elsewhere ? ' elsewhere' : policy.rule_ids !== undefined ? ' in advance' : '';
    return [`${policy.outcome}${how}`];
  }
  const name = /^EVENT_TYPE_(TOOL|MCP)_CALL_END$/.exec(type)?.[1]?.toLowerCase();
  return name === undefined ? [] : [`${name} ${status.replace('EVENT_STATUS_', '').toLowerCase()}`];
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;

it('The document says what happens', async () => {
  const rows: (readonly string[])[] = [];
  for (const kind of KINDS) {
    for (const answer of Object.keys(ANSWERS)) {
      for (const resumed of Object.keys(RESUMED)) rows.push(await row(kind, answer, resumed));
    }
  }
  const table = [
    line(['tool', 'answer', 'resumed', 'events', 'authors of the decisions', 'links']),
    line(['---', '---', '---', '---', '---', '---']),
    ...rows.map(line),
  ].join('');
  const document = readFileSync(DOCUMENT, 'utf8');
  const [before = '', rest = ''] = document.split(BEGIN);
  const [written = '', after = ''] = rest.split(END);
  expect(after).not.toBe('');
  if (process.env.UPDATE_GOLDEN === '1')
    writeFileSync(DOCUMENT, `${before}${BEGIN}\n${table}\n${END}${after}`);
  else expect(table).toBe(written.trim().concat('\n'));
}, 120_000);
