import { readFile } from 'node:fs/promises';
import { type ProvenEvent, verifyProofBy } from '../../chaukas/transparency-log/inclusion-proof.js';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import { eventRow } from '../events/event-row.js';
import { readFailure } from '../input/input-report.js';
import type { ReadEvent } from '../input/read-events.js';
import { readVerifierKeys } from '../input/verifier-keys.js';
import { counted } from '../output/quantities.js';
import type { TextLine } from '../output/text-line.js';

interface VerifyProofOptions {
  /** File with the proof. */
  readonly proof: string;
  readonly publicKeys: readonly string[];
  readonly witnessKeys: readonly string[];
  readonly json: boolean;
}

/** Checks a proof without the file that it is from, and prints the event and what is proven of it. */
export async function verifyProofCommand(run: CommandRun, options: VerifyProofOptions): Promise<ExitCode> {
  const { messages, output } = run;
  const publicKeys = await readVerifierKeys('--public-key', options.publicKeys, 'ed25519', messages);
  const witnessKeys = await readVerifierKeys('--witness-key', options.witnessKeys, 'cosignature', messages);
  if (publicKeys === undefined || witnessKeys === undefined) return EXIT.usage;
  if (publicKeys.length === 0) {
    messages.print('--proof needs --public-key: a proof is a statement of the one who signed it');
    return EXIT.usage;
  }
  let text: string;
  try {
    text = await readFile(options.proof, 'utf8');
  } catch (error) {
    run.report.input(options.proof, readFailure(error));
    return EXIT.input;
  }
  const { proven, problem } = verifyProofBy(text, publicKeys, witnessKeys);
  if (options.json) output.json(proofJson(options.proof, proven, problem));
  else if (proven === undefined) output.line([`${options.proof}: `, ['red', 'not proven'], `: ${problem}`]);
  else output.lines(provenLines(proven));
  return proven === undefined ? EXIT.findings : EXIT.ok;
}

function provenLines({ event, index, size, streamId, signers, time, witnesses }: ProvenEvent): TextLine[] {
  const at = time === undefined ? ' at the end of the stream' : `, ${time}`;
  return [
    eventRow(asRead(event)),
    [['green', 'proven'], `: event ${index + 1} of ${counted(size, 'event')} of stream ${streamId}`],
    [`  content_hash ${event.content_hash ?? ''}`],
    ...signers.map((name): TextLine => [`  signed by ${name}${at}`]),
    ...witnesses.map(({ name, time: seen }): TextLine => [`  cosigned by ${name}${secondText(seen)}`]),
  ];
}

/** Names as in events. */
function proofJson(file: string, proven: ProvenEvent | undefined, problem: string | undefined) {
  if (proven === undefined) return { file, proven: false, problem };
  const { event, streamId, index, size, time, signers, witnesses } = proven;
  return {
    file,
    proven: true,
    stream_id: streamId,
    index,
    size,
    time: time ?? null,
    signers,
    witnesses: witnesses.map(({ name, time: seen }) => ({ name, time: timeText(seen) ?? null })),
    event,
  };
}

function secondText(millis: number | undefined): string {
  const time = timeText(millis);
  return time === undefined ? '' : `, ${time}`;
}

/** `undefined` for a time that has no date, which a witness may claim. */
function timeText(millis: number | undefined): string | undefined {
  const date = new Date(millis ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function asRead(event: ProvenEvent['event']): ReadEvent {
  return event as unknown as ReadEvent;
}
