import { asNonEmptyString } from '../../json/readers.js';
import { anyMatches, type NamePattern } from '../../text/name-pattern.js';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import type { EventSelection } from '../events/event-filter.js';
import { readEvents } from '../input/read-events.js';
import { SessionRecord } from './session-record.js';
import { sessionJson, sessionLines } from './tree-output.js';

interface TreeOptions {
  readonly files: readonly string[];
  readonly json: boolean;
  /** Whether no text is cut. */
  readonly full: boolean;
  /** Sessions to show; all if empty. */
  readonly sessions: readonly NamePattern[];
  /** Sessions with an event that passes are shown whole. */
  readonly selection: EventSelection;
}

/**
 * Shows each session when its SESSION_END comes, and sessions without one at the end of the input. Memory holds only the
 * sessions that are open at the current place of the input.
 */
export async function treeCommand(run: CommandRun, options: TreeOptions): Promise<ExitCode> {
  const open = new Map<string, SessionRecord>();
  const { output } = run;
  const room = run.room(options);
  let previous: 'none' | 'system' | 'session' = 'none';
  const selected = new Set<SessionRecord>();
  const show = (record: SessionRecord): void => {
    if (!selected.delete(record)) return;
    if (options.json) {
      output.json(sessionJson(record));
      return;
    }
    const kind = record.systemOnly ? 'system' : 'session';
    if (previous !== 'none' && !(previous === 'system' && kind === 'system')) output.line([]);
    previous = kind;
    for (const line of sessionLines(record)) output.line(line, room.line);
  };
  for await (const events of readEvents(run.inputs(options.files), run.report, run.progress)) {
    for (const { event } of events) {
      const id = asNonEmptyString(event.session_id) ?? '(none)';
      if (options.sessions.length > 0 && !anyMatches(options.sessions, [id])) continue;
      let record = open.get(id);
      if (record === undefined) {
        record = new SessionRecord(id, room.text);
        open.set(id, record);
      }
      if (options.selection.passes(event)) selected.add(record);
      if (!record.add(event)) continue;
      open.delete(id);
      show(record);
    }
    await output.flushIfFull();
    if (output.closed) break;
  }
  for (const record of open.values()) {
    show(record);
    await output.flushIfFull();
  }
  return run.report.complete ? EXIT.ok : EXIT.input;
}
