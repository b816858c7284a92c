import type { ReadEvent } from '../../input/read-events.js';
import { compareSessions } from '../compare/compare-sessions.js';
import { overviewCsv } from '../overview/overview-csv.js';
import { OverviewData } from '../overview/overview-data.js';
import { jsonAnswer, RequestProblem, type RouteAnswer, type ViewRoute } from '../server/route.js';
import type { EventIndex } from '../stored/event-index.js';
import type { Overview, SessionQuery } from '../view-api.js';
import { knownSession } from './known-session.js';
import { RecentResults } from './recent-results.js';
import type { SessionTrees } from './session-detail.js';
import type { SessionList } from './session-list.js';
import { sessionQuery } from './session-query.js';

/**
 * The routes of the overview and of two sessions compared. Must be made before the index reads its first event.
 *
 * @param filling - whether the inputs are being read for the first time.
 */
export function analysisRoutes(
  index: EventIndex,
  sessions: SessionList,
  trees: SessionTrees,
  filling: () => boolean,
): ViewRoute[] {
  const data = new OverviewData();
  // One of a million events takes longer than other answers.
  const overviews = new RecentResults<Overview>(index, filling);
  index.observe({
    onEvent: (facts, number, session) => data.add(facts, session.index, number),
    onRemoved: (_sessions, isRemoved) => data.forget(isRemoved),
  });

  /** The overview of the sessions that the list shows for the same query. */
  const overview = async (params: URLSearchParams): Promise<Overview> => {
    const query = sessionQuery(params);
    const matching = await sessions.matching(query);
    // A text search that goes on finds further sessions.
    const found = query.q === undefined ? undefined : matching.sessions.length;
    return overviews.of(JSON.stringify([query, found]), () => overviewOf(matching.sessions, query));
  };

  const overviewOf = (found: Uint32Array, { since, until }: SessionQuery): Overview => {
    const selected = new Uint8Array(index.sessions.length);
    for (const session of found) selected[session] = 1;
    const sessionId = (session: number): string => index.sessions[session]?.id ?? '';
    return data.overview({ sessions: found.length, selected, since, until, sessionId });
  };

  return [
    {
      method: 'GET',
      path: '/api/overview',
      answer: async ({ query }) => jsonAnswer(await overview(query)),
    },
    {
      method: 'GET',
      path: '/api/export/overview',
      answer: async ({ query }) => exported(await overview(query), query.get('format') ?? 'json'),
    },
    {
      method: 'GET',
      path: '/api/compare',
      answer: async ({ query }) => {
        const [left, right] = [query.get('left'), query.get('right')];
        if (!left || !right) {
          throw new RequestProblem(400, 'Two sessions are needed: left and right, with their ids.');
        }
        const one = await trees.of(knownSession(index, left));
        const other = await trees.of(knownSession(index, right));
        return jsonAnswer(await compareSessions(one, other, (numbers) => readEvents(index, numbers)));
      },
    },
  ];
}

async function readEvents(index: EventIndex, numbers: readonly number[]): Promise<Map<number, ReadEvent>> {
  const read = new Map<number, ReadEvent>();
  for await (const events of index.readAll(numbers)) {
    for (const { number, event } of events) read.set(number, event);
  }
  return read;
}

function exported(overview: Overview, format: string): RouteAnswer {
  if (format !== 'json' && format !== 'csv') {
    throw new RequestProblem(400, `The format "${format}" is unknown; use json or csv.`);
  }
  const headers = {
    'content-type': format === 'json' ? 'application/json; charset=utf-8' : 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="overview.${format}"`,
  };
  const body = format === 'json' ? `${JSON.stringify(overview, null, 2)}\n` : overviewCsv(overview);
  return { headers, body };
}
