import { EventProver } from '../../../chaukas/transparency-log/event-prover.js';
import * as clock from '../../../clock.js';
import { asNonEmptyString } from '../../../json/readers.js';
import { csvCell } from '../../convert/csv.js';
import { htmlPage } from '../../report/html-page.js';
import { wholeNumber } from '../api/session-query.js';
import { jsonAnswer, RequestProblem, type RouteAnswer, type ViewRoute } from '../server/route.js';
import type { EventIndex } from '../stored/event-index.js';
import type { Evidence, EvidenceFinding } from '../view-api.js';
import type { FileVerdict, ViewEvidence } from './file-verification.js';
import { numbersOfLines, Slices, verifyFiles } from './verified-files.js';

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
  readonly verdict: FileVerdict;
  readonly findings: readonly EvidenceFinding[];
}

/**
 * The evidence about the events: their verification, proofs of single events, and the report for auditors.
 *
 * A verification runs in the background, one at a time. It starts when it is asked for and events have come since the
 * last one, whose result stays until then; files that grow are verified again after a pause.
 */
export class EvidenceService {
  readonly #index: EventIndex;
  readonly #evidence: ViewEvidence;
  readonly #signal: AbortSignal;
  #verified: Verified | undefined;
  #running: Promise<void> | undefined;
  #progress = 0;
  #endedAt = 0;
  /** Why the last verification failed. It is not tried again until events have come. */
  #problem: string | undefined;
  #problemGeneration = 0;
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
    const { verification, streams, checkpoints } = verified.verdict;
    return {
      ...base,
      streams: streams.map(({ id, events, ended }) => {
        const own = checkpoints.filter(({ stream }) => stream === id).length;
        return { id, events, ended: ended !== '', signed: own > 0, checkpoints: own };
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
    const { page } = (await this.#result()).verdict;
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

  #keys({ verdict: { verification, checkpoints } }: Verified): Evidence['keys'] {
    const signers = new Set(verification.signers.map(nameOfKey));
    const inNotes = checkpoints.flatMap((row) => row.signers.split(', ')).filter(Boolean);
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
    const { generation } = this.#index;
    const last = this.#problem === undefined ? this.#verified?.generation : this.#problemGeneration;
    if (last === generation) return;
    if (last !== undefined && clock.ticks() - this.#endedAt < PAUSE_MS) return;
    this.#progress = 0;
    this.#problem = undefined;
    this.#running = this.#verify()
      .catch((error: unknown) => {
        this.#problemGeneration = generation;
        this.#problem = `The verification failed: ${error instanceof Error ? error.message : String(error)}`;
      })
      .finally(() => {
        this.#running = undefined;
        this.#endedAt = clock.ticks();
      });
  }

  async #verify(): Promise<void> {
    const { generation } = this.#index;
    const verdict = await verifyFiles(this.#index, this.#evidence, this.#signal, (part) => {
      this.#progress = part;
    });
    if (verdict === undefined) return;
    const { findings } = verdict.verification;
    const numbers = await numbersOfLines(this.#index, verdict.places);
    if (this.#signal.aborted) return;
    this.#verified = {
      generation,
      verdict,
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
  { findings, verdict: { verification } }: Verified,
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
