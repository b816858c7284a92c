/**
 * The parts of a file of events that answer two texts that auditors ask about: Article 12 of the EU AI Act (Regulation (EU) 2024/1689)
 * and the criteria CC7 of SOC 2 (AICPA Trust Services Criteria of 2017, points of focus of 2022). The requirements are in
 * our own words, read on 2026-11-29. Each row also says what a file of events cannot show.
 */
import { counted } from '../output/quantities.js';
import { columnsOf, type PageSection } from './page.js';

/** The counts that the rows mention. */
export interface CoverageCounts {
  readonly events: number;
  readonly from: string;
  readonly to: string;
  readonly streams: number;
  readonly closedStreams: number;
  readonly sessions: number;
  readonly endedSessions: number;
  readonly agents: number;
  readonly modelCalls: number;
  readonly toolCalls: number;
  readonly decisions: number;
  readonly denied: number;
  readonly decidedByPerson: number;
  readonly accesses: number;
  readonly contentEvents: number;
  readonly errors: number;
  readonly failed: number;
  readonly retries: number;
  readonly setups: number;
  readonly stateUpdates: number;
  readonly redactedEvents: number;
  readonly findings: number;
  readonly checkpoints: number;
}

interface CoverageRow {
  readonly requirement: string;
  readonly asks: string;
  readonly has: (counts: CoverageCounts) => string;
  readonly lacks: string;
}

const AI_ACT: readonly CoverageRow[] = [
  {
    requirement: 'Article 12(1)',
    asks: 'A high-risk AI system can record events (logs) automatically over its lifetime.',
    has: (of) =>
      `${counted(of.events, 'event')}, recorded while the application ran, from ${of.from} to ${of.to}, ` +
      `in ${counted(of.streams, 'stream')}, of which ${of.closedStreams} ended completely.`,
    lacks: 'Whether the files cover the whole lifetime, and how long they are kept (Articles 19 and 26(6)).',
  },
  {
    requirement: 'Article 12(2)(a)',
    asks: 'Events that help to find situations of risk (Article 79(1)) or a substantial modification.',
    has: (of) =>
      `${counted(of.errors, 'error')}, ${counted(of.failed, 'failed operation')}, ${counted(of.denied, 'denial')}; ` +
      `versions and configuration in ${counted(of.setups, 'event')}, and the model of each call.`,
    lacks: 'The judgement which of them is a risk or a substantial modification.',
  },
  {
    requirement: 'Article 12(2)(b)',
    asks: 'Events that help post-market monitoring (Article 72).',
    has: (of) =>
      `${counted(of.modelCalls, 'model call')} and ${counted(of.toolCalls, 'tool call')} with time, outcome, tokens and ` +
      `cost; ${counted(of.retries, 'retry', 'retries')}.`,
    lacks: 'The monitoring plan, and data from outside the application.',
  },
  {
    requirement: 'Article 12(2)(c)',
    asks: 'Events that help the deployer to monitor the operation (Article 26(5)).',
    has: (of) =>
      `${counted(of.sessions, 'session')} with ${counted(of.agents, 'agent')}, ` +
      `${counted(of.decisions, 'decision')}, ${counted(of.accesses, 'access to data', 'accesses to data')}.`,
    lacks: 'That a person looked at them.',
  },
  {
    requirement: 'Article 12(3)',
    asks:
      'Applies only to remote biometric identification (Annex III, point 1(a)): period of each use, reference ' +
      'database, input data that led to a match, persons who verified the result.',
    has: (of) =>
      `Start and end of ${of.endedSessions} of ${counted(of.sessions, 'session')}; sources of data in ` +
      `${counted(of.accesses, 'event')}; content in ${counted(of.contentEvents, 'event')}; ` +
      `${counted(of.decidedByPerson, 'decision names', 'decisions name')} a person.`,
    lacks:
      'Whether the point applies. What the application does not record as data access or decision is absent.',
  },
];

const SOC_2: readonly CoverageRow[] = [
  {
    requirement: 'CC7.1',
    asks: 'Procedures detect changes of configuration that bring vulnerabilities, and new vulnerabilities.',
    has: (of) =>
      `Versions and configuration in ${counted(of.setups, 'event')}; ` +
      `${counted(of.stateUpdates, 'change of state', 'changes of state')}, such as agents that are new or changed.`,
    lacks: 'Scans for vulnerabilities, and the configuration of everything beside the instrumentation.',
  },
  {
    requirement: 'CC7.2',
    asks: 'The operation of components is monitored for anomalies, which are analysed.',
    has: (of) =>
      `${counted(of.errors, 'error')}, ${counted(of.retries, 'retry', 'retries')}, ` +
      `${counted(of.denied, 'denial')}, ${counted(of.findings, 'finding')} of the verification.`,
    lacks: 'Alerts, and the analysis.',
  },
  {
    requirement: 'CC7.3',
    asks: 'Security events are evaluated: did they, or could they, harm the objectives?',
    has: (of) =>
      `An ordered record of ${counted(of.events, 'event')} whose hashes show a change, with ` +
      `${counted(of.checkpoints, 'checkpoint')} whose signature was checked.`,
    lacks: 'The evaluation.',
  },
  {
    requirement: 'CC7.4',
    asks: 'Incidents are answered by a defined program: understand, contain, remediate, communicate.',
    has: (of) =>
      `To understand one: ${counted(of.sessions, 'session')}, ${counted(of.toolCalls, 'tool call')}, ` +
      `${counted(of.accesses, 'access to data', 'accesses to data')}, ` +
      `${counted(of.redactedEvents, 'event')} with redacted data.`,
    lacks: 'The program, and what was done.',
  },
  {
    requirement: 'CC7.5',
    asks: 'Activities to recover from incidents are developed and carried out.',
    has: (of) => `What happened before and after, from ${of.from} to ${of.to}.`,
    lacks: 'The recovery.',
  },
];

/** The section of the page with both tables. */
export function coverageSection(counts: CoverageCounts): PageSection {
  return {
    title: 'What this file can support',
    paragraphs: [
      'The tables list the records of this file that can serve as evidence for two texts, and what the file cannot ' +
        'show. They are support for an assessment, not a statement of compliance: whether a text applies, and whether ' +
        'it is met, is for the organisation and its auditor to judge. The requirements are summarised in our own ' +
        'words; the texts themselves are authoritative.',
    ],
    tables: [
      coverageTable('EU AI Act (Regulation (EU) 2024/1689), Article 12: record-keeping', AI_ACT, counts),
      coverageTable('SOC 2, Trust Services Criteria CC7: system operations', SOC_2, counts),
    ],
  };
}

function coverageTable(caption: string, rows: readonly CoverageRow[], counts: CoverageCounts) {
  return {
    caption,
    columns: columnsOf('Reference', 'Asks for', 'In this file', 'Not in this file'),
    rows: rows.map(({ requirement, asks, has, lacks }) => [requirement, asks, has(counts), lacks]),
    omitted: 0,
    empty: '',
  };
}
