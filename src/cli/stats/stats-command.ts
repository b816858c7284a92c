import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import type { EventSelection } from '../events/event-filter.js';
import { readEvents } from '../input/read-events.js';
import { EventStats } from './event-stats.js';
import { statsLines } from './stats-lines.js';
import { statsReport } from './stats-report.js';

interface StatsOptions {
  readonly files: readonly string[];
  readonly json: boolean;
  /** Number of slowest operations in the report. */
  readonly slowest: number;
  readonly selection: EventSelection;
}

/** Prints one report over all inputs. */
export async function statsCommand(run: CommandRun, options: StatsOptions): Promise<ExitCode> {
  const stats = new EventStats(options.slowest);
  for await (const events of readEvents(run.inputs(options.files), run.report, run.progress)) {
    for (const read of events) {
      if (options.selection.passes(read.event)) stats.add(read);
    }
  }
  const report = statsReport(stats, run.report.lines);
  if (options.json) run.output.json(report);
  else run.output.lines(statsLines(report));
  return run.report.complete ? EXIT.ok : EXIT.input;
}
