/** Whether the streams are whole and unchanged, and what their proofs rest on. */
import { useEffect, useState } from 'preact/hooks';
import type { Evidence, EvidenceFinding } from '../../../src/cli/view/view-api.ts';
import { formatCount, formatPercent, plural } from '../../parts/format.ts';
import { Menu } from '../../parts/menu.tsx';
import { ScrolledTable } from '../../parts/scrolled-table.tsx';
import { Failed, Waiting } from '../../parts/states.tsx';
import { Inert } from '../../parts/text.tsx';
import type { ViewProps } from '../../routes.ts';
import { useAnswer } from '../../shell/api.ts';
import { hrefOf, replaceRoute } from '../../shell/route.ts';
import './evidence.css';

const PAGE = 100;

/** While a verification runs, its progress is asked for this often. */
const ASK_MS = 500;

export function EvidenceView({ route: { query }, state }: ViewProps) {
  const offset = Math.max(0, Math.floor(Number(query.get('offset') ?? 0)) || 0);
  const [asked, setAsked] = useState(0);
  const { data, problem, retry } = useAnswer<Evidence>(
    `/api/evidence?offset=${offset}&limit=${PAGE}`,
    state.generation + asked,
  );
  const busy = data?.state === 'running' || data?.state === 'idle';
  useEffect(() => {
    if (!busy) return;
    const timer = setInterval(() => setAsked((count) => count + 1), ASK_MS);
    return () => clearInterval(timer);
  }, [busy]);
  return (
    <div class="evidence">
      <div class="evidence-head">
        <h1>Evidence</h1>
        <a class="button" href="/api/report" target="_blank" rel="noopener noreferrer">
          Report for auditors
        </a>
        <Menu label="Export findings" end>
          <a href="/api/export/findings?format=csv" download>
            CSV
          </a>
          <a href="/api/export/findings?format=json" download>
            JSON
          </a>
        </Menu>
      </div>
      {problem && !data && <Failed problem={problem} onRetry={retry} />}
      {!data && !problem && <Waiting label="Starting the verification" />}
      {data && <EvidenceBody evidence={data} offset={offset} events={state.events} />}
    </div>
  );
}

interface EvidenceBodyProps {
  readonly evidence: Evidence;
  readonly offset: number;
  /** Number of events that were read. */
  readonly events: number;
}

function EvidenceBody({ evidence, offset, events }: EvidenceBodyProps) {
  const { streams, keys, anchors } = evidence;
  return (
    <>
      <Verdict evidence={evidence} events={events} />
      <Findings evidence={evidence} offset={offset} />
      <section>
        <h2>Streams</h2>
        <PlainTable
          label="Streams"
          empty="No stream was found: these events are not of a processor that names its stream."
          heads={['Stream', 'Events', 'Ended', 'Signed', 'Checkpoints']}
          rows={streams.map(({ id, events, ended, signed, checkpoints }) => [
            <Inert key="id" text={id} max={80} />,
            formatCount(events),
            ended ? 'Yes' : 'No',
            signed ? 'Yes' : 'No',
            formatCount(checkpoints),
          ])}
        />
      </section>
      <div class="evidence-pair">
        <section>
          <h2>Keys</h2>
          <PlainTable
            label="Keys"
            empty="No event is signed, and no key was given. With a key of the processor, checkpoints prove that nothing was removed."
            heads={['Key', 'Given with --public-key']}
            rows={keys.map(({ id, given }) => [<Inert key="id" text={id} max={120} />, given ? 'Yes' : 'No'])}
          />
        </section>
        <section>
          <h2>Anchors</h2>
          <PlainTable
            label="Anchors"
            empty="No anchor was given. Start the command with --anchor to check checkpoints that were kept elsewhere."
            heads={['Anchor', 'State']}
            rows={anchors.map(({ name, state }) => [
              <Inert key="name" text={name} max={120} />,
              <Inert key="state" text={state} />,
            ])}
          />
        </section>
      </div>
    </>
  );
}

function Verdict({ evidence, events }: Pick<EvidenceBodyProps, 'evidence' | 'events'>) {
  const { state, progress, problem, findingsTotal, findingsOmitted, errors } = evidence;
  if (state === 'failed') {
    return (
      <p class="verdict verdict-bad" role="alert">
        The verification failed: <Inert text={problem ?? 'the terminal may say why.'} max={500} />
      </p>
    );
  }
  if (state !== 'done') {
    return (
      <p class="verdict" role="status">
        <progress aria-label="Verification" value={progress} max={1} /> Verifying: {formatPercent(progress)}
        {findingsTotal > 0 && `, ${plural(findingsTotal, 'finding')} so far`}
      </p>
    );
  }
  if (findingsTotal === 0 && events === 0) {
    return (
      <p class="verdict verdict-warn" role="status">
        ! There is nothing to verify: a source without events proves nothing.
      </p>
    );
  }
  if (findingsTotal === 0) {
    return (
      <p class="verdict verdict-good" role="status">
        ✓ Verified: every hash, chain and count that the events have is right.
      </p>
    );
  }
  return (
    <p class={`verdict ${errors > 0 ? 'verdict-bad' : 'verdict-warn'}`} role="status">
      {errors > 0 ? '✗ ' : '! '}
      {plural(findingsTotal, 'finding')}:{' '}
      {errors > 0 ? 'something was changed, removed or lost.' : 'look at the warnings.'}
      {findingsOmitted > 0 && ` ${plural(findingsOmitted, 'finding')} more than are listed.`}
    </p>
  );
}

function Findings({ evidence, offset }: { readonly evidence: Evidence; readonly offset: number }) {
  const { findings, findingsTotal } = evidence;
  if (findingsTotal === 0) return null;
  const go = (to: number) => replaceRoute(hrefOf(['evidence'], { offset: to > 0 ? to : undefined }));
  return (
    <section>
      <h2>Findings</h2>
      <PlainTable
        label="Findings"
        empty="No finding is on this page."
        heads={['Severity', 'Finding', 'What it means', 'Event', 'Session']}
        rows={findings.map((finding) => [
          <span key="severity" class={finding.severity === 'error' ? 'bad' : 'warn'}>
            {finding.severity === 'error' ? '✗ Error' : '! Warning'}
          </span>,
          <Inert key="code" text={finding.code} />,
          <Inert key="message" text={finding.message} max={1000} />,
          <FindingEvent key="event" finding={finding} />,
          finding.session !== undefined && (
            <a key="session" href={hrefOf(['session', finding.session])}>
              <Inert text={finding.session} max={50} />
            </a>
          ),
        ])}
        texts
      />
      {findingsTotal > PAGE && (
        <p class="pages">
          <button type="button" class="button" disabled={offset === 0} onClick={() => go(offset - PAGE)}>
            Previous
          </button>
          <span>
            {formatCount(offset + 1)} to {formatCount(Math.min(offset + PAGE, findingsTotal))} of{' '}
            {formatCount(findingsTotal)}
          </span>
          <button
            type="button"
            class="button"
            disabled={offset + PAGE >= findingsTotal}
            onClick={() => go(offset + PAGE)}
          >
            Next
          </button>
        </p>
      )}
    </section>
  );
}

function FindingEvent({ finding: { event } }: { readonly finding: EvidenceFinding }) {
  if (event === undefined) return null;
  return <a href={hrefOf(['event', String(event)])}>{formatCount(event)}</a>;
}

interface PlainTableProps {
  readonly label: string;
  readonly empty: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly preact.ComponentChildren[])[];
  /** Whether cells are sentences. */
  readonly texts?: boolean;
}

function PlainTable({ label, empty, heads, rows, texts = false }: PlainTableProps) {
  if (rows.length === 0) return <p class="muted">{empty}</p>;
  return (
    <ScrolledTable label={label} heads={heads} texts={texts}>
      {rows.map((cells, index) => (
        <tr key={index}>
          {cells.map((cell, column) => (
            <td key={heads[column]}>{cell}</td>
          ))}
        </tr>
      ))}
    </ScrolledTable>
  );
}
