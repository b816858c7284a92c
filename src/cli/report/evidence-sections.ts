/** The sections of the page that say what the file proves: its verification, and its streams. */
import type { Finding, VerificationReport } from '../../chaukas/verify/findings.js';
import { counted, formatCount } from '../output/quantities.js';
import { type AuditFacts, list } from './audit-facts.js';
import { columnsOf, limitedTable, type PageSection } from './page.js';
import { idOf, type StreamFact, shortText } from './stream-facts.js';

/** The sources of the page beside the events. */
export interface ReportSource {
  readonly facts: AuditFacts;
  readonly verification: VerificationReport;
  /** Number of lines that are not events. */
  readonly unreadableLines: number;
  readonly inputs: readonly string[];
  /** The place of a finding: `events.jsonl:12`; empty if it is about no line. */
  readonly placeOf: (line: number) => string;
  /** The keys with which signatures were checked. */
  readonly keys: readonly string[];
  /** The keys with which cosignatures were checked. */
  readonly witnessKeys: readonly string[];
  /** The number of anchors with which the streams were compared. */
  readonly anchors: number;
  /** When the page is made, RFC 3339. */
  readonly madeAt: string;
  /** The package that makes it, with its version. */
  readonly madeBy: string;
  /** The number of rows that a table may have. */
  readonly maxRows: number;
}

/** The section that says what is proven of the file, and what is not. */
export function verificationSection(source: ReportSource): PageSection {
  const { verification, anchors, facts, maxRows } = source;
  const { findings, findingsOmitted } = verification;
  const errorsFirst = [
    ...findings.filter(({ severity }) => severity === 'error'),
    ...findings.filter(({ severity }) => severity !== 'error'),
  ];
  const shown = errorsFirst.slice(0, maxRows);
  return {
    title: 'Verification, keys and anchors',
    paragraphs: [
      signatures(source),
      anchors === 0
        ? 'No anchor was given. Only an anchor, a checkpoint that was kept outside of the file, shows that a file was ' +
          'replaced by an older state of itself.'
        : `The streams were compared with ${counted(anchors, 'anchor')}; ${formatCount(verification.anchors)} of them ` +
          `${verification.anchors === 1 ? 'agrees' : 'agree'} with a stream.`,
      'An error means that the file is not as it was written. A warning means that something is not proven.',
    ],
    tables: [
      {
        caption: 'Findings',
        columns: columnsOf('Severity', 'Code', 'Place', 'Finding', 'What it may mean', 'Session', 'Event'),
        rows: shown.map((finding) => findingRow(finding, source.placeOf)),
        omitted: findings.length - shown.length + findingsOmitted,
        empty: 'The verification has no findings.',
      },
      limitedTable(
        'Signed checkpoints in the file',
        ['Stream', '#Number', 'Time', '#Events covered', 'Root of the tree', 'Signed by', 'Last'],
        facts.streams.checkpoints,
        (row) => [row.stream, row.number, row.time, row.size, row.root, row.signers, row.final ? 'yes' : ''],
        'The file has no signed checkpoints.',
      ),
    ],
  };
}

function signatures({ keys, witnessKeys, verification }: ReportSource): string {
  const { checkpoints, cosignatures, signers } = verification;
  if (keys.length === 0) {
    return (
      'No public key was given, so the page does not say who wrote the file: anyone who can write to it could have ' +
      'computed its hashes anew. Run the command again with --public-key.'
    );
  }
  const found = `Signatures were checked with ${list(keys)}: ${counted(checkpoints, 'valid checkpoint')}.`;
  const by = signers.length === 0 ? '' : ` The keys that signed are ${list(signers)}.`;
  const witnesses =
    witnessKeys.length === 0
      ? ''
      : ` Cosignatures were checked with ${list(witnessKeys)}: ${counted(cosignatures, 'valid cosignature')}.`;
  return found + by + witnesses;
}

function findingRow(finding: Finding, placeOf: (line: number) => string): string[] {
  const { severity, code, line, message, meaning, sessionId, eventId } = finding;
  return [severity, code, placeOf(line), shortText(message, 500), meaning, idOf(sessionId), idOf(eventId)];
}

/** The streams in the file, and what wrote them. */
export function streamSection({ facts, maxRows }: ReportSource): PageSection {
  const { streams, uncounted, sinks, setups } = facts.streams;
  const all = [...streams.values()];
  const shown = all.slice(0, maxRows);
  return {
    title: 'Streams',
    paragraphs: [
      'A stream is everything that one processor of a process wrote, from its first event to its last. Its last event ' +
        'says how many events it has, and what each destination had received and lost by then.',
    ],
    tables: [
      {
        caption: 'Streams in the input',
        columns: columnsOf(
          'Stream',
          'Opened',
          'Ended',
          'State',
          'Reason',
          '#Events here',
          '#Events stated',
          'Process',
          'Streams before it',
        ),
        rows: shown.map((stream) => [
          stream.id,
          stream.opened,
          stream.ended,
          stateOf(stream),
          stream.reason,
          formatCount(stream.events),
          stream.stated === undefined ? '' : formatCount(stream.stated),
          stream.processId,
          stream.previous,
        ]),
        omitted: all.length - shown.length + uncounted,
        empty: 'No session names a stream.',
      },
      limitedTable(
        'What each destination had received when its stream ended',
        ['Stream', 'Destination', '#Delivered', '#Dropped'],
        sinks,
        (row) => [row.stream, row.name, count(row.delivered), count(row.dropped)],
        'No stream says what its destinations received.',
      ),
      limitedTable(
        'Versions and configuration',
        ['Time', 'Event', 'Versions', 'Configuration', 'Stream'],
        setups,
        (row) => [row.time, row.message, row.versions, row.config, row.stream],
        'No event records versions or configuration.',
      ),
    ],
  };
}

function stateOf({ closed, ended }: StreamFact): string {
  if (closed === true) return 'closed';
  return ended === '' ? 'no end: running, crashed or cut' : 'ended, not closed';
}

function count(value: number | undefined): string {
  return value === undefined ? 'not stated' : formatCount(value);
}
