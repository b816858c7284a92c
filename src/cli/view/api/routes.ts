import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EvidenceService } from '../evidence/evidence-service.js';
import { jsonAnswer, type RouteAnswer, type ViewRoute } from '../server/route.js';
import type { EventIndex } from '../stored/event-index.js';
import type { ViewState } from '../view-api.js';
import { conversationOf } from './conversation.js';
import { eventDetail } from './event-detail.js';
import { exportRoutes, formatOf, sessionExport } from './exports.js';
import { jsonPieces } from './json-pieces.js';
import { knownSession } from './known-session.js';
import type { SessionTrees } from './session-detail.js';
import type { SessionList } from './session-list.js';
import { sessionPage } from './session-page.js';
import { sessionQuery, wholeNumber } from './session-query.js';

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

/** The data behind the routes. */
export interface ApiSources {
  readonly index: EventIndex;
  readonly sessions: SessionList;
  readonly trees: SessionTrees;
  readonly state: () => ViewState;
  readonly evidence: EvidenceService;
}

/** The routes of sessions, events and the state. */
export function apiRoutes(sources: ApiSources): ViewRoute[] {
  const { index, sessions, trees, state, evidence } = sources;
  return [
    { method: 'GET', path: '/api/state', answer: () => jsonAnswer(state()) },
    { method: 'GET', path: '/api/changes', answer: ({ signal }) => changes(state, signal) },
    {
      method: 'GET',
      path: '/api/sessions',
      answer: async ({ query }) => jsonAnswer(await sessions.page(sessionQuery(query))),
    },
    {
      method: 'GET',
      path: '/api/sessions/:id',
      answer: async ({ params: { id = '' } }) => {
        const { nodes, ...detail } = await trees.of(knownSession(index, id));
        return { headers: JSON_TYPE, body: jsonPieces(detail, 'nodes', nodes) };
      },
    },
    {
      method: 'GET',
      path: '/api/sessions/:id/conversation',
      answer: async ({ params: { id = '' }, query }) => {
        const until = query.get('until');
        const last = until === null ? undefined : wholeNumber('until', until);
        const { items, ...conversation } = await conversationOf(index, knownSession(index, id), last);
        return { headers: JSON_TYPE, body: jsonPieces(conversation, 'items', items) };
      },
    },
    {
      method: 'GET',
      path: '/api/events/:number',
      answer: ({ params: { number = '' } }) => eventDetail(index, wholeNumber('event', number)),
    },
    {
      method: 'GET',
      path: '/api/export/session',
      answer: ({ query }) => {
        const id = query.get('id') ?? '';
        return query.get('format') === 'html'
          ? sessionHtml(sources, id)
          : sessionExport(sources, id, formatOf(query));
      },
    },
    ...evidence.routes(),
    ...exportRoutes(index, sessions),
  ];
}

/** One session as a page that stands alone. */
async function sessionHtml({ index, trees, evidence }: ApiSources, id: string): Promise<RouteAnswer> {
  const session = knownSession(index, id);
  const page = sessionPage(
    await trees.of(session),
    await conversationOf(index, session, undefined),
    evidence.evidence(0, MAX_FINDINGS),
  );
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-disposition': 'attachment; filename="session.html"',
    },
    body: Readable.from(page),
  };
}

const MAX_FINDINGS = 1000;

/** At most four a second. */
const CHANGE_MS = 250;
/** Proxies and browsers give up on a connection that is quiet for long. */
const QUIET_MS = 15_000;

/** The state as server-sent events: at once, and whenever it has changed. */
function changes(state: () => ViewState, signal: AbortSignal): RouteAnswer {
  return {
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    body: stateEvents(state, signal),
  };
}

async function* stateEvents(state: () => ViewState, signal: AbortSignal): AsyncGenerator<string> {
  let sent = '';
  for (let quiet = 0; !signal.aborted; quiet += CHANGE_MS) {
    const now = JSON.stringify(state());
    if (now !== sent) yield `event: state\ndata: ${now}\n\n`;
    else if (quiet >= QUIET_MS) yield ': still here\n\n';
    if (now !== sent || quiet >= QUIET_MS) quiet = 0;
    sent = now;
    // Ends when the client is gone.
    await sleep(CHANGE_MS, undefined, { signal }).catch(() => {});
  }
}
