/** One session as a page of HTML that stands alone, to send to somebody. It has no scripts and loads nothing. Pure. */
import { htmlPage } from '../../report/html-page.js';
import { columnsOf, LimitedRows, limitedTable, type PageSection } from '../../report/page.js';
import type { Conversation, ConversationPart, Evidence, SessionDetail } from '../view-api.js';

/** Rows of a table. A page with more of them takes a browser long to show. */
const MAX_ROWS = 20_000;
/** Characters of one text. */
const MAX_TEXT = 100_000;

/** Yields the page piece by piece. Every text of an event is escaped. */
export function sessionPage(
  detail: SessionDetail,
  conversation: Conversation,
  evidence: Evidence,
): Generator<string> {
  const { summary } = detail;
  return htmlPage({
    title: `Session ${summary.name ?? summary.id}`,
    summary: [
      `${summary.events} events, ${summary.modelCalls} model calls, ${summary.toolCalls} tool calls, ` +
        `${summary.errors} errors; ${summary.tokens.total} tokens. It ${OUTCOMES[summary.outcome]}.`,
    ],
    sections: [
      summarySection(detail),
      treeSection(detail),
      conversationSection(conversation),
      evidenceSection(summary.id, evidence),
    ],
  });
}

const OUTCOMES = {
  completed: 'was completed',
  failed: 'failed',
  cancelled: 'was cancelled',
  open: 'has not ended',
} as const satisfies Record<SessionDetail['summary']['outcome'], string>;

function summarySection({ summary }: SessionDetail): PageSection {
  const { id, user, agents, models, tools, startTime, endTime, durationMs, costs, retries, decisions } =
    summary;
  const rows: [string, string][] = [
    ['Session', id],
    ['User', user ?? ''],
    ['Agents', agents.join(', ')],
    ['Models', models.join(', ')],
    ['Tools', tools.join(', ')],
    ['Start', timeText(startTime)],
    ['End', timeText(endTime)],
    ['Duration', durationText(durationMs)],
    [
      'Cost',
      Object.entries(costs)
        .map(([currency, amount]) => `${amount} ${currency}`)
        .join(', '),
    ],
    ['Retries', String(retries)],
    ['Decisions', String(decisions)],
  ];
  return {
    title: 'Summary',
    paragraphs: [],
    tables: [
      {
        caption: 'The session',
        columns: columnsOf('What', 'Value'),
        rows: rows.filter(([, value]) => value !== ''),
        omitted: 0,
        empty: 'Nothing is known of the session.',
      },
    ],
  };
}

function treeSection({ nodes, omitted }: SessionDetail): PageSection {
  const rows = new LimitedRows<SessionDetail['nodes'][number]>(MAX_ROWS);
  for (const node of nodes) rows.add(() => node);
  rows.omitted += omitted;
  return {
    title: 'Steps',
    paragraphs: [],
    tables: [
      limitedTable(
        'What happened, each step beneath the one that it belongs to',
        ['Step', 'Summary', 'Outcome', 'Start', '#Duration', '#Tokens', '#Cost'],
        rows,
        ({ kind, name, depth, summary, outcome, startTime, durationMs, tokens, cost }) => [
          `${'· '.repeat(Math.min(depth, 40))}${kind}${name === undefined ? '' : ` ${name}`}`,
          cut(summary ?? ''),
          outcome,
          timeText(startTime),
          durationText(durationMs),
          tokens === undefined ? '' : String(tokens.total),
          cost === undefined ? '' : `${cost.amount} ${cost.currency}`,
        ],
        'The session has no steps.',
      ),
    ],
  };
}

function conversationSection({ items, incomplete, omitted }: Conversation): PageSection {
  const rows = new LimitedRows<{ readonly item: Conversation['items'][number]; readonly text: string }>(
    MAX_ROWS,
  );
  for (const item of items) {
    // A line of a text is a row: a cell shows a line break as its escape.
    for (const text of item.parts.flatMap((part) => cut(partText(part)).split(/\r?\n/))) {
      rows.add(() => ({ item, text }));
    }
  }
  rows.omitted += omitted;
  return {
    title: 'Conversation',
    paragraphs: incomplete === undefined ? [] : [incomplete],
    tables: [
      limitedTable(
        'Messages, a row for each line',
        ['From', 'Time', 'Text'],
        rows,
        ({ item: { role, agent, time }, text }) => [
          agent === undefined ? role : `${role} (${agent})`,
          timeText(time),
          text,
        ],
        'The session has no messages.',
      ),
    ],
  };
}

function partText(part: ConversationPart): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'reasoning':
      return `[reasoning] ${part.text}`;
    case 'tool_call':
      return `[calls ${part.name}] ${jsonText(part.arguments)}`;
    case 'tool_result':
      return `[result of ${part.name ?? part.id ?? 'a tool'}] ${part.error ?? jsonText(part.result)}`;
    case 'media':
      return `[${part.mimeType ?? 'media'}, ${part.bytes ?? '?'} bytes${part.sha256 === undefined ? '' : `, sha256 ${part.sha256}`}]`;
    case 'note':
      return `[${part.type}, ${part.outcome}] ${part.text}`;
    case 'other':
      return jsonText(part.value);
  }
}

function evidenceSection(session: string, { state, findings, findingsTotal, keys }: Evidence): PageSection {
  const own = findings.filter((finding) => finding.session === session);
  const verified =
    state === 'done'
      ? `The files were verified: ${findingsTotal} findings in all, ${own.length} of them known to be about this session.`
      : 'The files were not verified when this page was made.';
  const signed =
    keys.length === 0 ? 'No signatures were checked.' : `Signed with ${keys.map(({ id }) => id).join(', ')}.`;
  return {
    title: 'Evidence',
    paragraphs: [`${verified} ${signed} This page itself is not signed.`],
    tables: [
      {
        caption: 'Findings about this session',
        columns: columnsOf('Severity', 'Code', 'Finding', '#Event'),
        rows: own.map(({ severity, code, message, event }) => [severity, code, message, String(event ?? '')]),
        omitted: 0,
        empty: state === 'done' ? 'There are none.' : 'They are not known.',
      },
    ],
  };
}

function timeText(millis: number | undefined): string {
  const date = new Date(millis ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

function durationText(millis: number | undefined): string {
  return millis === undefined ? '' : `${Math.round(millis)} ms`;
}

function jsonText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '[nested too deep]';
  }
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
