import { csvCell, csvHeader, csvRow } from '../../convert/csv.js';
import { RequestProblem, type RouteAnswer, type ViewRoute } from '../server/route.js';
import type { EventIndex } from '../stored/event-index.js';
import type { SessionEntry } from '../stored/session-entry.js';
import type { SessionSummary } from '../view-api.js';
import { jsonPieces, LAST_PIECE } from './json-pieces.js';
import { knownSession } from './known-session.js';
import type { SessionTrees } from './session-detail.js';
import type { SessionList } from './session-list.js';
import { sessionQuery } from './session-query.js';

type ExportFormat = 'json' | 'csv';

const TYPES: Readonly<Record<ExportFormat, string>> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};

/** A text search for a file is awaited, as its result must be complete. */
const SEARCH_MS = 600_000;

/** Sessions or events that one piece of an answer has. Between two pieces other requests are answered. */
const PIECE = 500;

/** The columns of the table of sessions. */
const COLUMNS: Readonly<Record<string, (session: SessionSummary) => unknown>> = {
  session_id: ({ id }) => id,
  name: ({ name }) => name,
  user: ({ user }) => user,
  agents: ({ agents }) => agents,
  models: ({ models }) => models,
  tools: ({ tools }) => tools,
  start: ({ startTime }) => isoTime(startTime),
  end: ({ endTime }) => isoTime(endTime),
  duration_ms: ({ durationMs }) => durationMs,
  outcome: ({ outcome }) => outcome,
  events: ({ events }) => events,
  model_calls: ({ modelCalls }) => modelCalls,
  tool_calls: ({ toolCalls }) => toolCalls,
  errors: ({ errors }) => errors,
  retries: ({ retries }) => retries,
  decisions: ({ decisions }) => decisions,
  refusals: ({ refusals }) => refusals,
  input_tokens: ({ tokens }) => tokens.input,
  output_tokens: ({ tokens }) => tokens.output,
  total_tokens: ({ tokens }) => tokens.total,
  cached_tokens: ({ tokens }) => tokens.cached,
  cost: ({ costs }) => (Object.keys(costs).length === 0 ? undefined : costs),
};

/** Files of sessions and of their events. */
export function exportRoutes(index: EventIndex, list: SessionList): ViewRoute[] {
  const sessionsOf = async (query: URLSearchParams): Promise<SessionEntry[]> => {
    const { sessions } = await list.matching(sessionQuery(query), SEARCH_MS);
    return Array.from(sessions, (at) => index.sessions[at]).filter((session) => session !== undefined);
  };
  return [
    {
      method: 'GET',
      path: '/api/export/sessions',
      answer: async ({ query }) => {
        const format = formatOf(query);
        const sessions = await sessionsOf(query);
        return file('sessions', format, sessionPieces(index, sessions, format));
      },
    },
    {
      method: 'GET',
      path: '/api/export/events',
      answer: async ({ query }) => {
        const format = formatOf(query);
        const sessions = await sessionsOf(query);
        return file('events', format, eventPieces(index, sessions, format));
      },
    },
  ];
}

/** One session with its tree and its events as JSON, or its events as CSV. */
export async function sessionExport(
  { index, trees }: { readonly index: EventIndex; readonly trees: SessionTrees },
  id: string,
  format: ExportFormat,
): Promise<RouteAnswer> {
  const session = knownSession(index, id);
  if (format === 'csv') return file('session', format, eventPieces(index, [session], format));
  const { nodes, ...detail } = await trees.of(session);
  const whole = async function* (): AsyncGenerator<string> {
    // The object goes on after its nodes.
    for await (const piece of jsonPieces(detail, 'nodes', nodes)) yield piece === LAST_PIECE ? ']' : piece;
    yield ',"events":';
    yield* eventPieces(index, [session], 'json');
    yield '}';
  };
  return file('session', format, whole());
}

/** @throws RequestProblem - for another format. */
export function formatOf(query: URLSearchParams): ExportFormat {
  const format = query.get('format') ?? 'json';
  if (format === 'json' || format === 'csv') return format;
  throw new RequestProblem(400, `format "${format.slice(0, 80)}" is unknown; use one of json, csv.`);
}

function file(name: string, format: ExportFormat, body: AsyncIterable<string>): RouteAnswer {
  return {
    headers: {
      'content-type': TYPES[format],
      'content-disposition': `attachment; filename="${name}.${format}"`,
    },
    body,
  };
}

async function* sessionPieces(
  index: EventIndex,
  sessions: readonly SessionEntry[],
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield `${Object.keys(COLUMNS).join(',')}\r\n`;
  else yield '[';
  for (let start = 0; start < sessions.length; start += PIECE) {
    const rows = sessions.slice(start, start + PIECE).map((session) => session.summary(index.names));
    if (format === 'json')
      yield (start === 0 ? '' : ',\n') + rows.map((row) => JSON.stringify(row)).join(',\n');
    else yield rows.map(csvLine).join('');
  }
  if (format === 'json') yield ']';
}

function csvLine(session: SessionSummary): string {
  return `${Object.values(COLUMNS)
    .map((value) => csvCell(value(session)))
    .join(',')}\r\n`;
}

/** The events of sessions, session by session. In JSON they are as their lines have them. */
async function* eventPieces(
  index: EventIndex,
  sessions: readonly SessionEntry[],
  format: ExportFormat,
): AsyncGenerator<string> {
  yield format === 'csv' ? csvHeader() : '[';
  let separator = '';
  for (const session of sessions) {
    for await (const events of index.readAll(index.eventsOf(session))) {
      if (format === 'csv') {
        yield events.map(({ event }) => eventRow(event)).join('');
      } else {
        yield separator + events.map(({ text }) => text.trim()).join(',\n');
        separator = ',\n';
      }
    }
  }
  if (format === 'json') yield ']';
}

function eventRow(event: Parameters<typeof csvRow>[0]): string {
  try {
    return csvRow(event);
  } catch {
    // A member is nested too deep for the stack; the other columns say which event it is.
    return csvRow(Object.fromEntries(Object.entries(event).filter(([, value]) => typeof value !== 'object')));
  }
}

function isoTime(time: number | undefined): string | undefined {
  if (time === undefined) return undefined;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
