import { anyMatches, type NamePattern, namePattern } from '../../../text/name-pattern.js';
import type { EventIndex } from '../stored/event-index.js';
import type { SessionEntry } from '../stored/session-entry.js';
import type { SessionPage, SessionQuery } from '../view-api.js';
import { RecentResults } from './recent-results.js';
import { type TextSearch, TextSearches } from './text-search.js';

const DEFAULT_ROWS = 100;

/** Time that a request waits for a text search, before it is answered with what was found so far. */
const SEARCH_MS = 100;

/** A value to sort by; `undefined` comes last. */
type SortKey = (session: SessionEntry) => number | undefined;

/** The sessions in their order, filtered and searched. */
export class SessionList {
  readonly #index: EventIndex;
  readonly #searches: TextSearches;
  /** So that the next page of a list need not be sorted again. */
  readonly #lists: RecentResults<Uint32Array>;
  #choices: { readonly generation: number; readonly names: SessionPage['choices'] } | undefined;

  /** @param filling - whether the inputs are being read for the first time. */
  constructor(index: EventIndex, filling: () => boolean = () => false) {
    this.#index = index;
    this.#lists = new RecentResults(index, filling);
    this.#searches = new TextSearches(index);
    index.observe({
      onRemoved: (sessions) => {
        for (const session of sessions) this.#searches.forget(session.index);
      },
    });
  }

  async page(query: SessionQuery): Promise<SessionPage> {
    const { offset = 0, limit = DEFAULT_ROWS } = query;
    const { sessions, searched } = await this.matching(query);
    const rows = Array.from(sessions.subarray(offset, offset + limit), (at) => this.#index.sessions[at]);
    return {
      total: sessions.length,
      rows: rows.flatMap((session) => (session === undefined ? [] : session.summary(this.#index.names))),
      choices: this.#choicesNow(),
      searched,
    };
  }

  /** The indexes of the sessions that pass, in the order that was asked for. */
  async matching(
    query: SessionQuery,
    searchMs = SEARCH_MS,
  ): Promise<{ readonly sessions: Uint32Array; readonly searched: number }> {
    const search = query.q === undefined ? undefined : this.#searches.of(query.q);
    await search?.advance(searchMs);
    const { offset: _offset, limit: _limit, ...criteria } = query;
    const key = JSON.stringify([search?.size, criteria]);
    const sessions = this.#lists.of(key, () => this.#sorted(query, search));
    return { sessions, searched: search?.progress ?? 1 };
  }

  #sorted(query: SessionQuery, search: TextSearch | undefined): Uint32Array {
    const passes = this.#filter(query);
    const found: SessionEntry[] = [];
    for (const session of this.#index.sessions) {
      if (session === undefined || (search !== undefined && !search.has(session.index))) continue;
      if (passes(session)) found.push(session);
    }
    const sign = (query.order ?? 'desc') === 'asc' ? 1 : -1;
    const key = this.#sortKey(query.sort ?? 'start');
    // Keys are read once: a comparison that reads them takes four times as long.
    const keys = new Float64Array(this.#index.sessions.length);
    // A session may have the place of one that was removed, so places do not say which came first.
    const firsts = new Float64Array(keys.length);
    for (const session of found) {
      keys[session.index] = key(session) ?? Number.NaN;
      firsts[session.index] = session.first ?? 0;
    }
    const order = Uint32Array.from(found, ({ index }) => index);
    return order.sort((a, b) => {
      const [left = 0, right = 0] = [keys[a], keys[b]];
      if (left === right || (Number.isNaN(left) && Number.isNaN(right))) {
        return sign * ((firsts[a] ?? 0) - (firsts[b] ?? 0));
      }
      if (Number.isNaN(left)) return 1;
      return Number.isNaN(right) ? -1 : sign * (left - right);
    });
  }

  #sortKey(sort: NonNullable<SessionQuery['sort']>): SortKey {
    switch (sort) {
      case 'start':
        return ({ firstTime }) => firstTime;
      case 'duration':
        return ({ durationMs }) => durationMs;
      case 'agent': {
        const { agent } = this.#index.names;
        const names = Array.from({ length: agent.size }, (_, at) => at);
        names.sort((a, b) => (agent.name(a) < agent.name(b) ? -1 : 1));
        const ranks = new Uint32Array(names.length);
        for (const [rank, at] of names.entries()) ranks[at] = rank;
        return ({ agents: [first] }) => (first === undefined ? undefined : ranks[first]);
      }
      case 'events':
        return ({ events }) => events;
      case 'tokens':
        return ({ totalTokens }) => totalTokens;
      case 'cost':
        return ({ cost }) => cost;
      case 'errors':
        return ({ errors }) => errors;
      case 'retries':
        return ({ retries }) => retries;
      case 'decisions':
        return ({ decisions }) => decisions;
    }
  }

  #filter(query: SessionQuery): (session: SessionEntry) => boolean {
    const { names } = this.#index;
    const tests: ((session: SessionEntry) => boolean)[] = [];
    for (const kind of ['agent', 'model', 'tool', 'user'] as const) {
      const patterns = patternsOf(query[kind]);
      if (patterns.length === 0) continue;
      const matching = names[kind].matching((name) => anyMatches(patterns, [name]));
      tests.push((session) => namesOf(session, kind).some((name) => matching[name] === 1));
    }
    const sessions = patternsOf(query.session);
    // Processes have sessions too, which are about no agent.
    if (sessions.length > 0) tests.push(({ id }) => anyMatches(sessions, [id]));
    else tests.push((session) => !session.process);
    const { outcome, has = [], since, until } = query;
    if (outcome !== undefined) tests.push((session) => outcome.includes(session.outcome));
    for (const trouble of has) tests.push((session) => session[trouble] > 0);
    if (since !== undefined) tests.push(({ lastTime }) => lastTime !== undefined && lastTime >= since);
    if (until !== undefined) tests.push(({ firstTime }) => firstTime !== undefined && firstTime < until);
    return (session) => tests.every((passes) => passes(session));
  }

  #choicesNow(): SessionPage['choices'] {
    const { generation, names } = this.#index;
    if (this.#choices?.generation !== generation) {
      this.#choices = {
        generation,
        names: {
          agent: names.agent.choices(),
          model: names.model.choices(),
          tool: names.tool.choices(),
          user: names.user.choices(),
        },
      };
    }
    return this.#choices.names;
  }
}

function patternsOf(values: readonly string[] | undefined): NamePattern[] {
  return (values ?? []).map(namePattern);
}

function namesOf(session: SessionEntry, kind: 'agent' | 'model' | 'tool' | 'user'): readonly number[] {
  switch (kind) {
    case 'agent':
      return session.agents;
    case 'model':
      return session.models;
    case 'tool':
      return session.tools;
    case 'user':
      return session.user < 0 ? [] : [session.user];
  }
}
