/**
 * The rows of the table, fetched in pages as they come into sight. While sources grow, the pages in sight are fetched
 * again; the old rows stay until then.
 */
import { useEffect, useReducer, useRef } from 'preact/hooks';
import type { SessionPage, SessionSummary } from '../../../src/cli/view/view-api.ts';
import { asProblem, type RequestProblem, requestJson } from '../../shell/api.ts';
import { Renewal } from '../../shell/renewal.ts';

const PAGE_ROWS = 100;

interface HeldRows {
  readonly query: string;
  readonly pages: Map<number, { readonly rows: readonly SessionSummary[]; readonly generation: number }>;
  first?: SessionPage;
  problem?: RequestProblem;
}

export interface SessionRows {
  /** The newest answer, for what it says of the whole table. */
  readonly first?: SessionPage;
  readonly problem?: RequestProblem;
  readonly row: (index: number) => SessionSummary | undefined;
  readonly retry: () => void;
}

/**
 * @param from - the first row in sight.
 * @param to - the last one.
 */
export function useSessionRows(query: string, generation: number, from: number, to: number): SessionRows {
  const [, render] = useReducer((count: number, _: undefined) => count + 1, 0);
  const held = useRef<HeldRows>({ query, pages: new Map() });
  if (held.current.query !== query) {
    // The choices of the old answer stay, so that the filters do not vanish for a moment.
    const { first: old } = held.current;
    held.current = { query, pages: new Map(), ...(old && { first: { ...old, rows: [] } }) };
  }
  const wanted = useRef({ generation, from, to });
  wanted.current = { generation, from, to };

  const renewal = useRef<Renewal>(undefined);
  useEffect(() => {
    const rows = held.current;
    const current = new Renewal(async (signal) => {
      const asked = wanted.current.generation;
      for (const page of pagesOf(wanted.current)) {
        if (rows.pages.get(page)?.generation === asked) continue;
        const search = new URLSearchParams(query);
        search.set('offset', String(page * PAGE_ROWS));
        search.set('limit', String(PAGE_ROWS));
        try {
          const answer = await requestJson<SessionPage>(`/api/sessions?${search}`, signal);
          const complete = answer.searched >= 1;
          rows.first = answer;
          delete rows.problem;
          rows.pages.set(page, { rows: answer.rows, generation: complete ? asked : -1 });
          if (!complete) current.request();
        } catch (error) {
          if (signal.aborted) return;
          rows.problem = asProblem(error);
        }
        if (!signal.aborted) render(undefined);
      }
    });
    renewal.current = current;
    return () => current.stop();
  }, [query]);

  const firstPage = Math.floor(from / PAGE_ROWS);
  const lastPage = Math.floor(to / PAGE_ROWS);
  useEffect(() => renewal.current?.request(), [query, generation, firstPage, lastPage]);

  const { first, problem, pages } = held.current;
  return {
    ...(first && { first }),
    ...(problem && { problem }),
    row: (index) => pages.get(Math.floor(index / PAGE_ROWS))?.rows[index % PAGE_ROWS],
    retry: () => renewal.current?.request(),
  };
}

function pagesOf({ from, to }: { readonly from: number; readonly to: number }): readonly number[] {
  const pages: number[] = [];
  for (let page = Math.floor(from / PAGE_ROWS); page <= Math.floor(to / PAGE_ROWS); page += 1)
    pages.push(page);
  return pages;
}
