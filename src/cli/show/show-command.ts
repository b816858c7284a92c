import type { ChaukasEvent } from '../../chaukas/event.js';
import { hashProblem } from '../../chaukas/verify/line-check.js';
import { asNonEmptyString, isRecord } from '../../json/readers.js';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import { typeName } from '../events/event-type.js';
import { type EventLine, type ReadEvent, readEvents } from '../input/read-events.js';
import type { Piece, TextLine } from '../output/text-line.js';

interface ShowOptions {
  readonly files: readonly string[];
  readonly eventId: string;
  readonly json: boolean;
}

/** An event with its neighbours in the chain of its session. */
interface Shown {
  readonly found: EventLine;
  readonly previous: EventLine | undefined;
  next: EventLine | undefined;
}

/** Shows one event whole, whether its hash is right, and the events before and after it in its session. */
export async function showCommand(run: CommandRun, { files, eventId, json }: ShowOptions): Promise<ExitCode> {
  const shown = await findEvent(run, files, eventId);
  if (shown === undefined) {
    run.messages.print(`no event here has the id ${eventId}`);
    // A part that could not be read may have had the event.
    return run.report.complete ? EXIT.findings : EXIT.input;
  }
  const { found, previous, next } = shown;
  const problem = hashProblem(found.line.text.trim(), found.event as unknown as ChaukasEvent);
  const links = {
    previous: previous && neighbourJson(previous, found.event.hash_prev === previous.event.content_hash),
    next: next && neighbourJson(next, next.event.hash_prev === found.event.content_hash),
  };
  if (json) {
    run.output.json({
      event: found.event,
      file: found.input,
      line: found.line.number,
      hash: { valid: problem === undefined, problem: problem?.message ?? null },
      previous: links.previous ?? null,
      next: links.next ?? null,
    });
  } else {
    run.output.lines(showLines(found, problem?.message, links));
  }
  const broken = [links.previous, links.next].some((link) => link?.linked === false);
  return problem !== undefined || broken ? EXIT.findings : EXIT.ok;
}

async function findEvent(
  run: CommandRun,
  files: readonly string[],
  eventId: string,
): Promise<Shown | undefined> {
  /** The newest event of each open session. */
  const newest = new Map<string, EventLine>();
  let shown: Shown | undefined;
  for await (const events of readEvents(run.inputs(files), run.report, run.progress)) {
    for (const read of events) {
      const session = sessionOf(read.event);
      if (shown !== undefined) {
        // A copy of the event, such as a sink writes after a failure, is not its neighbour.
        if (session !== sessionOf(shown.found.event) || read.event.event_id === eventId) continue;
        shown.next = read;
        return shown;
      }
      if (read.event.event_id === eventId) {
        shown = { found: read, previous: newest.get(session), next: undefined };
        // No event of the session comes after its end.
        if (typeName(read.event) === 'SESSION_END') return shown;
      } else if (typeName(read.event) === 'SESSION_END') newest.delete(session);
      else newest.set(session, read);
    }
  }
  return shown;
}

function sessionOf(event: ReadEvent): string {
  return asNonEmptyString(event.session_id) ?? '';
}

interface NeighbourJson {
  readonly event_id: string | undefined;
  readonly type: string;
  readonly file: string;
  readonly line: number;
  /** Whether the later one has the hash of the earlier one. */
  readonly linked: boolean;
}

function neighbourJson({ event, input, line }: EventLine, linked: boolean): NeighbourJson {
  return {
    event_id: asNonEmptyString(event.event_id),
    type: typeName(event),
    file: input,
    line: line.number,
    linked,
  };
}

interface Links {
  readonly previous: NeighbourJson | undefined;
  readonly next: NeighbourJson | undefined;
}

function showLines({ event, input, line }: EventLine, problem: string | undefined, links: Links): TextLine[] {
  const first = event.hash_prev === undefined || event.hash_prev === '';
  return [
    [['bold', typeName(event)], '  ', ['dim', `${input}:${line.number}`]],
    ...memberLines(event, 0),
    [],
    field('hash', problem === undefined ? ['green', 'valid'] : ['red', `not valid: ${problem}`]),
    field('before', linkPiece(links.previous, first ? 'nothing: the first event of its session' : undefined)),
    field('after', linkPiece(links.next, undefined)),
  ];
}

function linkPiece(link: NeighbourJson | undefined, none: string | undefined): Piece {
  if (link === undefined) return ['dim', none ?? 'no event of its session in this input'];
  const { event_id, type, file, line, linked } = link;
  const text = `${type} ${event_id ?? '(without an id)'} (${file}:${line})`;
  return linked ? text : ['red', `${text}, whose hash does not match: run verify`];
}

const NAME_WIDTH = 16;
/** Deeper values are shown as JSON on one line. */
const MAX_DEPTH = 20;

function field(name: string, value: Piece, indent = ''): TextLine {
  return [indent, ['dim', name.padEnd(NAME_WIDTH)], '  ', value];
}

/** The members of an object, one per line, with those of its members indented below them. */
function memberLines(value: object, depth: number): TextLine[] {
  const indent = '  '.repeat(depth);
  return Object.entries(value).flatMap(([name, member]: [string, unknown]): TextLine[] => {
    const label = Array.isArray(value) ? `[${name}]` : name;
    if (depth < MAX_DEPTH && isNested(member)) {
      return [[indent, ['cyan', label]], ...memberLines(member, depth + 1)];
    }
    const [first = '', ...rest] = typeof member === 'string' ? member.split(/\r?\n/) : [shownJson(member)];
    const below = `${indent}${' '.repeat(NAME_WIDTH + 2)}`;
    return [field(label, first, indent), ...rest.map((text): TextLine => [below, text])];
  });
}

function isNested(member: unknown): member is object {
  return (isRecord(member) || Array.isArray(member)) && Object.keys(member).length > 0;
}

function shownJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    // The value is nested too deep for the stack.
    return '…';
  }
}
