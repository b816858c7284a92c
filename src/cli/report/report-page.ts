import type { VerificationReport } from '../../chaukas/verify/findings.js';
import { costsJson } from '../events/measures.js';
import { counted, formatCost, formatCount, formatDuration } from '../output/quantities.js';
import type { CallTable } from '../stats/event-stats.js';
import { type CallReport, type StatsReport, statsReport } from '../stats/stats-report.js';
import { list } from './audit-facts.js';
import { type CoverageCounts, coverageSection } from './coverage.js';
import { type ReportSource, streamSection, verificationSection } from './evidence-sections.js';
import { columnsOf, limitedTable, type PageSection, type PageTable, type ReportPage } from './page.js';
import { idOf } from './stream-facts.js';

/** Explains a file of events to an auditor. */
export function reportPage(source: ReportSource): ReportPage {
  const { facts, inputs, unreadableLines, verification } = source;
  const stats = statsReport(facts.stats, unreadableLines);
  return {
    title: 'Audit report of a stream of agent events',
    summary: [
      `Made from ${list(inputs)} on ${source.madeAt} by ${source.madeBy}.`,
      events(stats, unreadableLines),
      verdict(verification, source.keys.length > 0),
      `A table has at most ${formatCount(source.maxRows)} rows, and a long text is cut; the file has everything. ` +
        'Invisible characters and control characters are shown as escapes such as \\n.',
    ],
    sections: [
      verificationSection(source),
      streamSection(source),
      sessionSection(source),
      decisionSection(source),
      toolSection(source, stats),
      modelSection(source, stats),
      failureSection(source, stats),
      redactionSection(source),
      coverageSection(coverageCounts(source, stats)),
    ],
  };
}

function events(stats: StatsReport, unreadableLines: number): string {
  const lines =
    unreadableLines === 0
      ? ''
      : ` ${counted(unreadableLines, 'line is not an event', 'lines are not events')}, and left out.`;
  if (stats.events === 0) return `The input has no events.${lines}`;
  return `${counted(stats.events, 'event')} from ${stats.first ?? '?'} to ${stats.last ?? '?'}.${lines}`;
}

function verdict({ events: count, findings, findingsOmitted }: VerificationReport, hasKey: boolean): string {
  if (count === 0) return 'A file without events proves nothing.';
  const signatures = hasKey ? '' : ' Signatures were not checked, because no public key was given.';
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  if (findingsOmitted > 0) {
    return `The verification has ${counted(findings.length + findingsOmitted, 'finding')}.${signatures}`;
  }
  if (findings.length === 0) return `The verification found no problems.${signatures}`;
  const found = `The verification found ${counted(errors, 'error')} and ${counted(warnings, 'warning')}.`;
  return found + signatures;
}

function sessionSection({ facts }: ReportSource): PageSection {
  return {
    title: 'Sessions',
    paragraphs: ['A session is one conversation or one run of the application. Times are UTC.'],
    tables: [
      {
        caption: 'Sessions',
        columns: columnsOf(
          'Session',
          'Started',
          'Ended',
          'Outcome',
          'Agents',
          '#Events',
          '#Model calls',
          '#Tool calls',
          '#Tokens',
          '#Cost',
          '#Errors',
          'Users',
          'Stream',
        ),
        rows: [...facts.sessions.values()].map((session) => [
          session.id,
          session.started,
          session.ended,
          session.outcome,
          list(session.agents),
          formatCount(session.events),
          formatCount(session.modelCalls),
          formatCount(session.toolCalls),
          formatCount(session.tokens.total),
          costText(costsJson(session.costs)),
          formatCount(session.errors),
          list(session.users),
          session.stream,
        ]),
        omitted: facts.otherSessions,
        empty: 'The input has no sessions of an application.',
      },
      limitedTable(
        'Handoffs between agents',
        ['Time', 'From', 'To', 'Reason', 'Session'],
        facts.handoffs,
        (row) => [row.time, row.from, row.to, row.reason, row.session],
        'No agent handed over to another one.',
      ),
      limitedTable(
        'Feedback',
        ['Time', 'About', 'Value', 'Label', 'Comment', 'User', 'Session'],
        facts.feedback,
        (row) => [row.time, row.name, row.value, row.label, row.comment, row.user, row.session],
        'No feedback was recorded.',
      ),
    ],
  };
}

function decisionSection({ facts, maxRows }: ReportSource): PageSection {
  return {
    title: 'Who decided what',
    paragraphs: [
      'The outcome review is a question, allow and deny are answers. A decision by system is one of a rule, a guardrail ' +
        'or a program; a person is named if the application named one.',
    ],
    tables: [
      countTable('Decisions by outcome', 'Outcome', facts.outcomes, maxRows, 'The input has no decisions.'),
      limitedTable(
        'Decisions',
        ['Time', 'Policy', 'Outcome', 'Decided by', 'About', 'Rationale and rules', 'Session'],
        facts.decisions,
        (row) => [row.time, row.policy, row.outcome, row.decidedBy, row.about, row.rationale, row.session],
        'Nothing was decided that the application or an SDK reported.',
      ),
    ],
  };
}

function toolSection({ facts, maxRows }: ReportSource, stats: StatsReport): PageSection {
  const data = facts.data.sorted(({ accesses }) => accesses);
  const shown = data.slice(0, maxRows);
  return {
    title: 'Tools, MCP servers and data',
    paragraphs: [],
    tables: [
      callTable('Tools called', 'Tool', stats.tools, maxRows, 'No tool was called.'),
      callTable(
        'Requests to MCP servers',
        'Server and operation',
        stats.mcp,
        maxRows,
        'No MCP server was asked anything.',
      ),
      {
        caption: 'Data accessed',
        columns: columnsOf('Source', '#Accesses', '#Documents named', 'Kinds of personal data'),
        rows: shown.map(([name, row]) => [
          name,
          formatCount(row.accesses),
          formatCount(row.documents),
          list(row.categories),
        ]),
        omitted: data.length - shown.length,
        empty: 'No access to data was recorded.',
      },
      countTable(
        'State changed, by its members',
        'Members',
        facts.stateKeys,
        maxRows,
        'No change of state was recorded.',
      ),
    ],
  };
}

function callTable(
  caption: string,
  title: string,
  calls: readonly CallReport[],
  maxRows: number,
  empty: string,
): PageTable {
  const shown = calls.slice(0, maxRows);
  return {
    caption,
    columns: columnsOf(title, '#Ended', '#Failed', '#Cancelled', '#Mean time'),
    rows: shown.map((call) => [
      idOf(call.name),
      formatCount(call.ended),
      formatCount(call.failed),
      formatCount(call.cancelled),
      call.mean_ms === null ? '' : formatDuration(call.mean_ms),
    ]),
    omitted: calls.length - shown.length,
    empty,
  };
}

function modelSection(
  { maxRows }: ReportSource,
  { models, unpriced, cost, tokens }: StatsReport,
): PageSection {
  const shown = models.slice(0, maxRows);
  return {
    title: 'Models and costs',
    paragraphs: [
      `${counted(tokens.total, 'token')}${Object.keys(cost).length > 0 ? `, ${costText(cost)}` : ''}. ` +
        unpricedCalls(unpriced) +
        ' Costs are computed from published prices, or stated by the provider; they are not an invoice.',
    ],
    tables: [
      {
        caption: 'Models called',
        columns: columnsOf(
          'Model',
          '#Calls',
          '#Failed',
          '#Cancelled',
          '#Tokens in',
          '#Tokens out',
          '#Cost',
          '#Without price',
          '#Mean time',
        ),
        rows: shown.map((model) => [
          idOf(model.name),
          formatCount(model.ended),
          formatCount(model.failed),
          formatCount(model.cancelled),
          formatCount(model.tokens.input),
          formatCount(model.tokens.output),
          costText(model.cost),
          formatCount(model.unpriced),
          model.mean_ms === null ? '' : formatDuration(model.mean_ms),
        ]),
        omitted: models.length - shown.length,
        empty: 'No model was called.',
      },
    ],
  };
}

function unpricedCalls(unpriced: number): string {
  if (unpriced === 0) return 'Every call has a price.';
  return `${counted(unpriced, 'call has', 'calls have')} no price, so the cost is without them.`;
}

function failureSection({ facts, maxRows }: ReportSource, stats: StatsReport): PageSection {
  return {
    title: 'Errors and retries',
    paragraphs: [
      `${formatCount(stats.failed_operations)} of ${counted(stats.operations, 'operation')} failed: model calls, tool ` +
        'calls and MCP requests. ' +
        `${counted(stats.retries, 'retry', 'retries')}, with ${formatDuration(stats.retry_wait_ms)} of waiting.`,
    ],
    tables: [
      limitedTable(
        'Errors',
        ['Time', 'Agent', 'Code', 'Message', 'Recovered', 'Session'],
        facts.errors,
        (row) => [row.time, row.agent, row.code, row.message, row.recovery, row.session],
        'The input has no errors.',
      ),
      countTable('Retries by reason', 'Reason', facts.retries, maxRows, 'Nothing was tried again.'),
    ],
  };
}

function redactionSection({ facts, maxRows }: ReportSource): PageSection {
  return {
    title: 'Redaction',
    paragraphs: [
      `${counted(facts.redactedEvents, 'event was', 'events were')} changed before they were hashed and stored. A value ` +
        'that was taken out is not in the file; one that was hashed left a word that is the same for the same value. A ' +
        'category counts once for each event in which it was found.',
    ],
    tables: [
      countTable(
        'Personal data found, by category',
        'Category',
        facts.categories,
        maxRows,
        'None was found.',
      ),
      countTable('Methods', 'Method', facts.redactionMethods, maxRows, 'No event was redacted.'),
      countTable('Fields changed', 'Field', facts.redactedFields, maxRows, 'No field was changed.'),
    ],
  };
}

function coverageCounts(source: ReportSource, stats: StatsReport): CoverageCounts {
  const { facts, verification } = source;
  const streams = [...facts.streams.streams.values()];
  const sum = (calls: readonly CallReport[]) => calls.reduce((total, { ended }) => total + ended, 0);
  const outcome = (name: string) => facts.outcomes.rows.get(name)?.count ?? 0;
  return {
    events: stats.events,
    from: stats.first ?? 'no time',
    to: stats.last ?? 'no time',
    streams: streams.length,
    closedStreams: streams.filter(({ closed }) => closed === true).length,
    sessions: facts.startedSessions,
    endedSessions: facts.endedSessions,
    agents: stats.agents.length,
    modelCalls: sum(stats.models),
    toolCalls: sum(stats.tools),
    decisions: stats.types.POLICY_DECISION ?? 0,
    denied: outcome('deny'),
    decidedByPerson: facts.decidedByPerson,
    accesses: stats.types.DATA_ACCESS ?? 0,
    contentEvents: facts.contentEvents,
    errors: stats.errors,
    failed: stats.failed_operations,
    retries: stats.retries,
    setups: facts.streams.setups.rows.length + facts.streams.setups.omitted,
    stateUpdates: stats.types.STATE_UPDATE ?? 0,
    redactedEvents: facts.redactedEvents,
    findings: verification.findings.length + verification.findingsOmitted,
    checkpoints: verification.checkpoints,
  };
}

function countTable(
  caption: string,
  title: string,
  counts: CallTable<{ readonly count: number }>,
  maxRows: number,
  empty: string,
): PageTable {
  const all = counts.sorted(({ count: number }) => number);
  const rows = all.slice(0, maxRows).map(([name, { count: number }]) => [name, formatCount(number)]);
  return { caption, columns: columnsOf(title, '#Events'), rows, omitted: all.length - rows.length, empty };
}

/** Amounts by currency: `$0.0123, 4.00 EUR`. */
function costText(costs: Readonly<Record<string, number>>): string {
  return Object.entries(costs)
    .map(([currency, amount]) => formatCost(amount, currency))
    .join(', ');
}
