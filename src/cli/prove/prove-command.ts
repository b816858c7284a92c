import { EventProver } from '../../chaukas/transparency-log/event-prover.js';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import { LINE_TOO_LONG, readLines } from '../input/read-events.js';

interface ProveOptions {
  readonly files: readonly string[];
  readonly eventId: string;
}

/** Prints a proof of one event. It reads the inputs as one stream, to the end of the event's own stream. */
export async function proveCommand(run: CommandRun, { files, eventId }: ProveOptions): Promise<ExitCode> {
  const prover = new EventProver(eventId);
  for (const input of run.inputs(files)) {
    for await (const lines of readLines(input, run.report, run.progress)) {
      for (const line of lines) {
        if (line.tooLong) run.report.line(input.name, line.number, LINE_TOO_LONG);
        else prover.add(line.text);
      }
      if (prover.isDone) break;
    }
    if (prover.isDone) break;
  }
  const { proof, problem } = prover.result();
  if (proof !== undefined) {
    run.output.data(proof);
    return EXIT.ok;
  }
  run.messages.print(`no proof: ${problem}`);
  // A part that could not be read may have had the event.
  return run.report.complete ? EXIT.findings : EXIT.input;
}
