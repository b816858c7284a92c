import {
  type Attributes,
  type Context,
  createContextKey,
  ROOT_CONTEXT,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { type Logger, SeverityNumber } from '@opentelemetry/api-logs';
import {
  formatNote,
  type NoteSignature,
  parseNote,
  type SignedNote,
} from '../../chaukas/transparency-log/signed-note.js';
import * as clock from '../../clock.js';
import { inTime, withTimeout } from '../../delivery/timeout.js';
import { globalLogger } from '../../diagnostics/global-logger.js';
import * as semconv from '../../semconv/attributes.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.js';
import type { CheckpointDetails, CheckpointOptions } from './checkpoint-options.js';

/** The longest time for which an answer of `onCheckpoint` is awaited. */
const ANSWER_TIMEOUT_MS = 30_000;

/** The number of answers that are awaited at once. Those of later checkpoints are not. */
const MAX_AWAITED = 100;

/** Limits of the signatures that witnesses add. */
const MAX_COSIGNATURES = 16;
const MAX_COSIGNED_LENGTH = 64 * 1024;

/** Marks the context of a checkpoint's span. */
const CHECKPOINT_SPAN = createContextKey('openai_agents checkpoint');
const checkpointContext = ROOT_CONTEXT.setValue(CHECKPOINT_SPAN, true);

/** Whether a span that starts in this context carries a checkpoint, and so must not make events itself. */
export function isCheckpointContext(context: Context): boolean {
  return context.getValue(CHECKPOINT_SPAN) === true;
}

interface AnchorsOwner {
  /** Reports a failure, once per message. */
  readonly onFailure: (message: string, error?: unknown) => void;
  /** Called with a note that has got the signatures of witnesses. */
  readonly onCosigned: (note: string) => void;
}

/** The places outside of the stream to which checkpoints go. None of them can delay or fail the stream. */
export interface CheckpointPlaces {
  publish(note: string, details: Omit<CheckpointDetails, 'verifierKey'>): void;
  /** Resolves when the application has answered for all checkpoints, or has failed to. */
  settled(): Promise<void>;
}

/** The places that the options name. */
export class CheckpointAnchors implements CheckpointPlaces {
  readonly #onCheckpoint: CheckpointOptions['onCheckpoint'];
  readonly #owner: AnchorsOwner;
  #anchor: CheckpointOptions['anchor'];
  /** The generated public key, until a place has taken it. */
  #verifierKey: string | undefined;
  readonly #awaited = new Set<Promise<void>>();
  #published = 0;

  constructor(
    { onCheckpoint, anchor }: CheckpointOptions,
    generatedKey: string | undefined,
    owner: AnchorsOwner,
  ) {
    this.#onCheckpoint = onCheckpoint;
    this.#anchor = anchor;
    this.#verifierKey = generatedKey;
    this.#owner = owner;
  }

  publish(note: string, checkpoint: Omit<CheckpointDetails, 'verifierKey'>): void {
    const details =
      this.#verifierKey === undefined ? checkpoint : { ...checkpoint, verifierKey: this.#verifierKey };
    this.#toTelemetry(note, details);
    this.#toApplication(note, details);
    this.#published += 1;
    if (this.#published === 1 && this.#verifierKey !== undefined && this.#awaited.size === 0) {
      this.#owner.onFailure(
        'The key of the checkpoints is generated, and no anchor has taken its public half: set "onCheckpoint", or register a logger provider',
      );
    }
  }

  async settled(): Promise<void> {
    const answers = Promise.all(this.#awaited).then(() => {});
    await withTimeout(answers, ANSWER_TIMEOUT_MS, () => {});
  }

  #toTelemetry(note: string, details: CheckpointDetails): void {
    try {
      const logger = this.#anchor === 'log' || this.#anchor === undefined ? currentLogger() : undefined;
      this.#anchor ??= logger === undefined ? false : 'log';
      if (this.#anchor === 'span') this.#toSpan(note, details);
      else if (this.#anchor === 'log') this.#toLog(logger, note, details);
    } catch (error) {
      this.#owner.onFailure('A checkpoint could not be given to OpenTelemetry', error);
    }
  }

  #toLog(logger: Logger | undefined, note: string, details: CheckpointDetails): void {
    if (logger === undefined) {
      this.#owner.onFailure('A checkpoint has no anchor: there is no logger provider, or it is shut down');
      return;
    }
    logger.emit({
      eventName: semconv.EVENT_OPENAI_AGENTS_CHECKPOINT,
      severityNumber: SeverityNumber.INFO,
      severityText: 'INFO',
      timestamp: clock.now(),
      body: note,
      attributes: attributesOf(details),
      // The span that happens to be active has nothing to do with it.
      context: ROOT_CONTEXT,
    });
    this.#verifierKey = undefined;
  }

  #toSpan(note: string, details: CheckpointDetails): void {
    const span = trace
      .getTracer(PACKAGE_NAME, PACKAGE_VERSION)
      .startSpan(
        semconv.EVENT_OPENAI_AGENTS_CHECKPOINT,
        { attributes: { ...attributesOf(details), [semconv.ATTR_OPENAI_AGENTS_CHECKPOINT_NOTE]: note } },
        checkpointContext,
      );
    span.end();
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) this.#verifierKey = undefined;
    else
      this.#owner.onFailure(
        'A checkpoint has no anchor: its span is not sampled, or there is no tracer provider',
      );
  }

  #toApplication(note: string, details: CheckpointDetails): void {
    if (this.#onCheckpoint === undefined) return;
    let answer: unknown;
    try {
      answer = this.#onCheckpoint(note, details);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (typeof answer !== 'object' || answer === null) {
      this.#answered(note, answer);
    } else if (this.#awaited.size >= MAX_AWAITED) {
      // Still no unhandled rejection.
      Promise.resolve(answer).catch(() => {});
      this.#failed(new Error(`${MAX_AWAITED} earlier calls of it have not settled`));
    } else {
      const settled = this.#await(note, answer);
      this.#awaited.add(settled);
      void settled.finally(() => this.#awaited.delete(settled));
    }
  }

  async #await(note: string, answer: object): Promise<void> {
    const late = () => new Error(`it did not settle within ${ANSWER_TIMEOUT_MS / 1000} s`);
    try {
      this.#answered(note, await inTime(Promise.resolve(answer), ANSWER_TIMEOUT_MS, late));
    } catch (error) {
      this.#failed(error);
    }
  }

  #answered(note: string, answer: unknown): void {
    this.#verifierKey = undefined;
    if (typeof answer !== 'string' || answer === note) return;
    const cosigned = withCosignatures(note, answer);
    if (cosigned === undefined)
      this.#failed(new TypeError('it returned a text that is not this note with further signatures'));
    else if (cosigned !== note) this.#owner.onCosigned(cosigned);
  }

  #failed(error: unknown): void {
    this.#owner.onFailure('"checkpoints.onCheckpoint" failed', error);
  }
}

/**
 * Returns the note with the signatures that a witness added; `undefined` if the answer is something else.
 *
 * @param answer - the note with further lines, or these lines alone, which is what C2SP's witnesses answer.
 */
export function withCosignatures(note: string, answer: string): string | undefined {
  if (answer.length > MAX_COSIGNED_LENGTH) return undefined;
  const own = parseNote(note);
  const cosigned = parseNote(answer.startsWith('— ') ? note + answer : answer);
  if (own === undefined || cosigned?.text !== own.text) return undefined;
  const added = uniqueSignatures(cosigned, own);
  return added.length > MAX_COSIGNATURES ? undefined : formatNote(own.text, ...own.signatures, ...added);
}

function uniqueSignatures({ signatures }: SignedNote, own: SignedNote): NoteSignature[] {
  const textOf = ({ name, keyId, signature }: NoteSignature) =>
    `${name} ${keyId} ${Buffer.from(signature).toString('base64')}`;
  const seen = new Set(own.signatures.map(textOf));
  return signatures.filter((signature) => {
    const text = textOf(signature);
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew;
  });
}

/** The logger of the global provider; `undefined` if there is none. */
function currentLogger(): Logger | undefined {
  const logger = globalLogger();
  // Loggers of a provider of an older API do not have the method.
  const isEnabled =
    typeof logger.enabled !== 'function' ||
    logger.enabled({ context: ROOT_CONTEXT, severityNumber: SeverityNumber.INFO });
  return isEnabled ? logger : undefined;
}

function attributesOf(details: CheckpointDetails): Attributes {
  return {
    [semconv.ATTR_OPENAI_AGENTS_CHECKPOINT_STREAM_ID]: details.streamId,
    [semconv.ATTR_OPENAI_AGENTS_CHECKPOINT_SIZE]: details.size,
    [semconv.ATTR_OPENAI_AGENTS_CHECKPOINT_ROOT]: details.root,
    [semconv.ATTR_OPENAI_AGENTS_CHECKPOINT_NUMBER]: details.number,
    [semconv.ATTR_OPENAI_AGENTS_CHECKPOINT_FINAL]: details.final,
    ...(details.verifierKey !== undefined && {
      [semconv.ATTR_OPENAI_AGENTS_CHECKPOINT_VERIFIER_KEY]: details.verifierKey,
    }),
  };
}
