import { EventProver } from '../../../chaukas/transparency-log/event-prover.js';
import * as clock from '../../../clock.js';
import { asNonEmptyString } from '../../../json/readers.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../../version.js';
import { csvCell } from '../../convert/csv.js';
import { htmlPage } from '../../report/html-page.js';
import { reportPage } from '../../report/report-page.js';
import type { EvidenceFiles, GivenEvidence } from '../../verify/verified-inputs.js';
import { wholeNumber } from '../api/session-query.js';
import { jsonAnswer, RequestProblem, type RouteAnswer, type ViewRoute } from '../server/route.js';
import type { EventIndex } from '../stored/event-index.js';
import type { Evidence, EvidenceFinding } from '../view-api.js';
import { MAX_ROWS, numbersOfLines, Slices, type VerifiedFiles, verifyFiles } from './verified-files.js';

/** Keys and anchors: as the user named them, and as they were read. */
export interface ViewEvidence {
  readonly named: EvidenceFiles;
  readonly given: GivenEvidence;
}

const NO_EVIDENCE: ViewEvidence = {
  named: { publicKeys: [], witnessKeys: [], anchors: [] },
  given: { publicKeys: [], witnessKeys: [], anchors: [] },
};

const MAX_FINDINGS_AT_ONCE = 1000;

/** The pause between two verifications of files that grow. */
const PAUSE_MS = 5_000;

/** The report has its style in itself. Nothing else of it is allowed. */
const REPORT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** A verification that has ended. */
interface Verified {
  readonly generation: number;
  readonly files: VerifiedFiles;
  readonly findings: readonly EvidenceFinding[];
}

/**
 * The evidence about the events: their verification, proofs of single events, and the report for auditors.
 *
 * A verification runs in the background, one at a time, in slices that leave room for other requests. It starts when it
 * is asked for and events have come since the last one, whose result stays until then; files that grow are verified again
 * after a pause.
 */
export class EvidenceService {
  readonly #index: EventIndex;
  readonly #evidence: ViewEvidence;
  readonly #signal: AbortSignal;
  #verified: Verified | undefined;
  #running: Promise<void> | undefined;
  #progress = 0;
  #endedAt = 0;
  #problem: string | undefined;
  #proving: Promise<unknown> = Promise.resolve();

  constructor(index: EventIndex, signal: AbortSignal, evidence: ViewEvidence = NO_EVIDENCE) {
    this.#index = index;
    this.#evidence = evidence;
    this.#signal = signal;
  }

  routes(): ViewRoute[] {
    return [
      {
        method: 'GET',
        path: '/api/evidence',
        answer: ({ query }) =>
          jsonAnswer(
            this.evidence(
              wholeNumber('offset', query.get('offset') ?? '0'),
              wholeNumber('limit', query.get('limit') ?? '100'),
            ),
          ),
      },
      {
        method: 'GET',
        path: '/api/events/:number/proof',
        answer: async ({ params: { number = '' }, signal }) => ({
          headers: { 'content-type': 'text/plain; charset=utf-8' },
          body: await this.proof(wholeNumber('event', number), signal),
        }),
      },
      { method: 'GET', path: '/api/report', answer: () => this.report() },
      {
        method: 'GET',
        path: '/api/export/findings',
        answer: async ({ query }) =>
          findingsFile((await this.#result()).findings, query.get('format') ?? 'json'),
      },
    ];
  }

  /** The state of the verification, with a part of the findings. Starts it if events have come since the last one. */
  evidence(offset: number, limit: number): Evidence {
    this.#start();
    const state = this.#running !== undefined ? 'running' : this.#problem === undefined ? 'done' : 'failed';
    const base = {
      state,
      progress: this.#running === undefined ? 1 : this.#progress,
      ...(this.#problem !== undefined && { problem: this.#problem }),
    } as const;
    const verified = this.#verified;
    if (verified === undefined) {
      return {
        ...base,
        streams: [],
        keys: [],
        anchors: [],
        findings: [],
        findingsTotal: 0,
        errors: 0,
        findingsOmitted: 0,
      };
    }
    const { verification, facts } = verified.files;
    return {
      ...base,
      streams: [...facts.streams.streams.values()].slice(0, MAX_ROWS).map(({ id, events, ended }) => {
        const checkpoints = facts.streams.checkpoints.rows.filter(({ stream }) => stream === id).length;
        return { id, events, ended: ended !== '', signed: checkpoints > 0, checkpoints };
      }),
      keys: this.#keys(verified),
      anchors: this.#evidence.given.anchors.map((note, at) => anchorState(note, at + 1, verified)),
      findings: verified.findings.slice(offset, offset + Math.min(limit, MAX_FINDINGS_AT_ONCE)),
      findingsTotal: verified.findings.length + verification.findingsOmitted,
      errors: verified.findings.filter(({ severity }) => severity === 'error').length,
      findingsOmitted: verification.findingsOmitted,
    };
  }

  /**
   * Returns the proof of an event, as `agent-events prove` prints it.
   *
   * @throws RequestProblem - if there is none.
   */
  async proof(number: number, signal: AbortSignal): Promise<string> {
    const stored = number < this.#index.events ? await this.#index.read(number) : undefined;
    const eventId = asNonEmptyString(stored?.event.event_id);
    if (eventId === undefined) throw new RequestProblem(404, `There is no event ${number} with an event_id.`);
    // One at a time: each reads the files up to the end of the event's stream.
    const proving = this.#proving.then(() => this.#prove(eventId, AbortSignal.any([signal, this.#signal])));
    this.#proving = proving.catch(() => {});
    const { proof, problem } = await proving;
    if (proof === undefined) throw new RequestProblem(409, `There is no proof of this event: ${problem}.`);
    return proof;
  }

  /** The page of `agent-events report`, of a verification that is up to date. */
  async report(): Promise<RouteAnswer> {
    const { files } = await this.#result();
    const { named, given } = this.#evidence;
    const page = reportPage({
      ...files,
      inputs: [...new Set(this.#index.files.flatMap((file) => (file === undefined ? [] : [file.name])))],
      placeOf: (line) => {
        const place = files.placeOf(line);
        return place === undefined ? '' : `${this.#index.files[place.file]?.name ?? ''}:${place.line}`;
      },
      keys: named.publicKeys,
      witnessKeys: named.witnessKeys,
      anchors: given.anchors.length,
      madeAt: new Date().toISOString(),
      madeBy: `${PACKAGE_NAME} ${PACKAGE_VERSION}`,
      maxRows: MAX_ROWS,
    });
    return {
      headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': REPORT_POLICY },
      body: pieces(htmlPage(page)),
    };
  }

  /** Ends when nothing is read any more. */
  async close(): Promise<void> {
    await this.#running;
    await this.#proving;
  }

  #keys({ files: { verification, facts } }: Verified): Evidence['keys'] {
    const signers = new Set(verification.signers.map(nameOfKey));
    const inNotes = facts.streams.checkpoints.rows.flatMap((row) => row.signers.split(', ')).filter(Boolean);
    const others = [...new Set(inNotes)].filter((signer) => !signers.has(signer.split(' (')[0] ?? ''));
    return [
      ...verification.signers.map((id) => ({ id, given: true })),
      ...others.map((id) => ({ id, given: false })),
    ];
  }

  async #result(): Promise<Verified> {
    this.#start();
    await this.#running;
    if (this.#verified === undefined) {
      throw new RequestProblem(500, this.#problem ?? 'The verification failed.');
    }
    return this.#verified;
  }

  #start(): void {
    if (this.#running !== undefined || this.#signal.aborted) return;
    if (this.#verified?.generation === this.#index.generation) return;
    if (this.#verified !== undefined && clock.ticks() - this.#endedAt < PAUSE_MS) return;
    this.#progress = 0;
    this.#problem = undefined;
    this.#running = this.#verify()
      .catch((error: unknown) => {
        this.#problem = `The verification failed: ${error instanceof Error ? error.message : String(error)}`;
      })
      .finally(() => {
        this.#running = undefined;
        this.#endedAt = clock.ticks();
      });
  }

  async #verify(): Promise<void> {
    const { generation } = this.#index;
    const files = await verifyFiles(this.#index, this.#evidence.given, this.#signal, (part) => {
      this.#progress = part;
    });
    const { findings } = files.verification;
    const numbers = await numbersOfLines(
      this.#index,
      findings.map(({ line }) => files.placeOf(line)),
    );
    if (this.#signal.aborted) return;
    this.#verified = {
      generation,
      files,
      findings: findings.map(({ code, severity, message, sessionId }, at) => {
        const event = numbers[at];
        return {
          code,
          severity,
          message,
          ...(event !== undefined && { event }),
          ...(sessionId !== undefined && { session: sessionId }),
        };
      }),
    };
  }

  async #prove(eventId: string, signal: AbortSignal): Promise<ReturnType<EventProver['result']>> {
    const prover = new EventProver(eventId);
    const slices = new Slices();
    const { events, firstEvent } = this.#index;
    const numbers = Uint32Array.from({ length: events - firstEvent }, (_, at) => firstEvent + at);
    for await (const read of this.#index.readAll(numbers)) {
      if (signal.aborted || prover.isDone) break;
      for (const { text } of read) {
        prover.add(text);
        await slices.pause();
      }
    }
    return prover.result();
  }
}

const ANCHOR_CODES: ReadonlySet<string> = new Set(['bad_anchor', 'missing_anchor', 'different_anchor']);

/**
 * An anchor by what it says: its stream and how many events that had. Its state is the finding about it, by its number
 * from 1.
 */
function anchorState(
  note: string,
  number: number,
  { findings, files: { verification } }: Verified,
): Evidence['anchors'][number] {
  const [stream = '', size = ''] = note.split('\n');
  const finding = findings.find(
    ({ code, message }) => ANCHOR_CODES.has(code) && message.startsWith(`anchor ${number} `),
  );
  const unlisted = verification.findingsOmitted > 0 ? 'not known: there are too many findings' : 'agrees';
  return { name: `${stream}, ${size} events`, state: finding?.message ?? unlisted };
}

/** A verifier key is `name+id+base64`; base64 may have a plus as well. */
function nameOfKey(key: string): string {
  return key.split('+')[0] ?? key;
}

async function* pieces(page: Iterable<string>): AsyncGenerator<string> {
  const slices = new Slices();
  for (const piece of page) {
    yield piece;
    await slices.pause();
  }
}

const FINDING_COLUMNS = ['severity', 'code', 'event', 'session', 'message'] as const;

function findingsFile(findings: readonly EvidenceFinding[], format: string): RouteAnswer {
  if (format !== 'json' && format !== 'csv') {
    throw new RequestProblem(400, `format "${format.slice(0, 80)}" is unknown; use one of json, csv.`);
  }
  const disposition = { 'content-disposition': `attachment; filename="findings.${format}"` };
  if (format === 'json') {
    const answer = jsonAnswer({ findings });
    return { ...answer, headers: { ...answer.headers, ...disposition } };
  }
  const rows = findings.map(
    (finding) => `${FINDING_COLUMNS.map((column) => csvCell(finding[column])).join(',')}\r\n`,
  );
  return {
    headers: { 'content-type': 'text/csv; charset=utf-8', ...disposition },
    body: [`${FINDING_COLUMNS.join(',')}\r\n`, ...rows].join(''),
  };
}
