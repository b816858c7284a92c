/** The table of sessions. */
import { useContext, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type {
  SESSION_ORDERS,
  SessionPage,
  SessionSummary,
  ViewState,
} from '../../../src/cli/view/view-api.ts';
import { Outcome, Time } from '../../parts/facts.tsx';
import {
  formatCosts,
  formatCount,
  formatDuration,
  formatLarge,
  formatPercent,
  plural,
} from '../../parts/format.ts';
import { Empty, Failed, Waiting } from '../../parts/states.tsx';
import { Inert, SearchedText } from '../../parts/text.tsx';
import { remPixels, useVirtualizer } from '../../parts/virtual-list.tsx';
import { visibleText } from '../../parts/visible-text.ts';
import type { ViewProps } from '../../routes.ts';
import { useKeys } from '../../shell/keyboard.ts';
import { goTo, hrefOf, replaceRoute } from '../../shell/route.ts';
import { FilterBar } from './filter-bar.tsx';
import { useSessionRows } from './session-pages.ts';
import { isFiltered, requestQuery, withoutFilters } from './session-query.ts';
import './sessions.css';

type SessionOrder = (typeof SESSION_ORDERS)[number];

interface Column {
  readonly name: string;
  readonly title: string;
  readonly sort?: SessionOrder;
  readonly cell: (row: SessionSummary, searched: string) => preact.ComponentChildren;
}

const COLUMNS: readonly Column[] = [
  { name: 'start', title: 'Started', sort: 'start', cell: (row) => <Time time={row.startTime} /> },
  { name: 'session', title: 'Session', cell: (row, q) => <SessionLink row={row} q={q} /> },
  { name: 'agents', title: 'Agents', sort: 'agent', cell: ({ agents }) => <Names names={agents} /> },
  { name: 'outcome', title: 'Outcome', cell: ({ outcome }) => <Outcome outcome={outcome} /> },
  { name: 'duration', title: 'Duration', sort: 'duration', cell: (row) => formatDuration(row.durationMs) },
  { name: 'events', title: 'Events', sort: 'events', cell: (row) => formatLarge(row.events) },
  { name: 'tokens', title: 'Tokens', sort: 'tokens', cell: (row) => <Tokens row={row} /> },
  { name: 'cost', title: 'Cost', sort: 'cost', cell: (row) => formatCosts(row.costs) },
  { name: 'errors', title: 'Errors', sort: 'errors', cell: (row) => <Count count={row.errors} tone="bad" /> },
  {
    name: 'retries',
    title: 'Retries',
    sort: 'retries',
    cell: (row) => <Count count={row.retries} tone="warn" />,
  },
  { name: 'decisions', title: 'Decisions', sort: 'decisions', cell: (row) => <Decisions row={row} /> },
];

const ROW_REM = 2.25;
const HEAD_REM = 2;

/** Notices of the sources that an empty list shows; the bar at the bottom has all of them. */
const MAX_NOTICES = 3;

export function SessionsView({ route: { query }, state }: ViewProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const [picked, setPicked] = useState<readonly string[]>([]);
  const [range, setRange] = useState({ from: 0, to: 0 });
  const request = requestQuery(query);
  const rows = useSessionRows(request, state.generation, range.from, range.to);
  const total = rows.first?.total ?? 0;
  const virtualizer = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => remPixels(ROW_REM),
    scrollMargin: remPixels(HEAD_REM),
    scrollPaddingStart: remPixels(HEAD_REM),
    getItemKey: (index) => index,
  });
  const items = virtualizer.getVirtualItems();
  const from = items[0]?.index ?? 0;
  const to = items.at(-1)?.index ?? 0;
  useEffect(() => setRange({ from, to }), [from, to]);
  useEffect(() => {
    setActive(-1);
    scroller.current?.scrollTo({ top: 0 });
  }, [request]);

  const move = (step: number) => {
    if (total === 0) return;
    const next = Math.max(0, Math.min(total - 1, active + step));
    setActive(next);
    virtualizer.scrollToIndex(next, { align: 'auto' });
  };
  const pick = (id: string) =>
    setPicked((old) => (old.includes(id) ? old.filter((other) => other !== id) : [...old, id].slice(-2)));
  const compare = () => {
    if (picked[0] && picked[1]) goTo(hrefOf(['compare'], { left: picked[0], right: picked[1] }));
  };
  const activeId = rows.row(active)?.id;
  const searched = query.get('q') ?? '';
  useKeys('Sessions', [
    { keys: ['j', 'ArrowDown'], help: 'Next session', run: () => move(1) },
    { keys: ['k', 'ArrowUp'], help: 'Previous session', run: () => move(-1) },
    {
      keys: ['Enter'],
      help: 'Open the session',
      run: () => activeId && goTo(hrefOf(['session', activeId], { q: searched })),
    },
    { keys: ['x'], help: 'Pick it to compare', run: () => activeId && pick(activeId) },
    { keys: ['C'], help: 'Compare the two that are picked', run: compare },
    {
      keys: ['/'],
      help: 'Search in all texts',
      run: () => document.querySelector<HTMLElement>('.search')?.focus(),
    },
  ]);

  return (
    <SearchedText.Provider value={searched}>
      <div class="sessions">
        <h1 class="visually-hidden">Sessions</h1>
        <FilterBar query={query} choices={rows.first?.choices} />
        <TableLine first={rows.first} query={query} />
        {picked.length > 0 && <Picked picked={picked} onCompare={compare} onClear={() => setPicked([])} />}
        {rows.problem && total === 0 && <Failed problem={rows.problem} onRetry={rows.retry} />}
        {!rows.first && !rows.problem && <Waiting label="Loading the sessions" />}
        {rows.first && total === 0 && !rows.problem && (
          <NoSessions query={query} state={state} first={rows.first} />
        )}
        <div
          ref={scroller}
          class={`table-scroll ${total === 0 ? 'table-none' : ''}`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
          tabIndex={0}
          role="region"
          aria-label="Table of sessions"
        >
          <div role="table" aria-rowcount={total + 1} aria-label="Sessions">
            <div role="rowgroup" class="table-head-group">
              <div role="row" aria-rowindex={1} class="session-row table-head">
                <div role="columnheader" class="cell-pick">
                  <span class="visually-hidden">Compare</span>
                </div>
                {COLUMNS.map((column) => (
                  <HeadCell key={column.name} column={column} query={query} />
                ))}
              </div>
            </div>
            <div role="rowgroup" class="virtual" style={{ height: `${total * remPixels(ROW_REM)}px` }}>
              {items.map(({ index, start }) => (
                <SessionRow
                  key={index}
                  index={index}
                  top={start - remPixels(HEAD_REM)}
                  row={rows.row(index)}
                  active={index === active}
                  picked={picked}
                  onPick={pick}
                  onFocus={() => setActive(index)}
                />
              ))}
            </div>
          </div>
        </div>
      </div>
    </SearchedText.Provider>
  );
}

function HeadCell({
  column: { name, title, sort },
  query,
}: {
  readonly column: Column;
  readonly query: URLSearchParams;
}) {
  if (!sort) {
    return (
      <div role="columnheader" class={`cell-${name}`}>
        {title}
      </div>
    );
  }
  const current = (query.get('sort') ?? 'start') === sort;
  const order = query.get('order') ?? 'desc';
  const sortBy = () => {
    const changed = new URLSearchParams(query);
    changed.set('sort', sort);
    changed.set('order', current && order === 'desc' ? 'asc' : 'desc');
    replaceRoute(hrefOf(['sessions'], changed));
  };
  return (
    <div
      role="columnheader"
      class={`cell-${name}`}
      aria-sort={current ? (order === 'asc' ? 'ascending' : 'descending') : 'none'}
    >
      <button type="button" class="sort" onClick={sortBy}>
        {title}
      </button>
    </div>
  );
}

interface SessionRowProps {
  readonly index: number;
  readonly top: number;
  readonly row: SessionSummary | undefined;
  readonly active: boolean;
  readonly picked: readonly string[];
  readonly onPick: (id: string) => void;
  readonly onFocus: () => void;
}

function SessionRow({ index, top, row, active, picked, onPick, onFocus }: SessionRowProps) {
  const element = useRef<HTMLDivElement>(null);
  const searched = useContext(SearchedText);
  // Before the next key: an effect that runs later would take the focus back to a row that was left, without end.
  useLayoutEffect(() => {
    if (active && !element.current?.contains(document.activeElement)) {
      element.current?.querySelector('a')?.focus({ preventScroll: true });
    }
  }, [active]);
  return (
    <div
      ref={element}
      role="row"
      aria-rowindex={index + 2}
      class={`session-row ${active ? 'active' : ''}`}
      style={{ transform: `translateY(${top}px)` }}
      onFocusCapture={onFocus}
    >
      <div role="cell" class="cell-pick">
        {row && (
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Compare ${visibleText(row.name ?? row.id)}`}
            checked={picked.includes(row.id)}
            onChange={() => onPick(row.id)}
          />
        )}
      </div>
      {COLUMNS.map(({ name, cell }) => (
        <div key={name} role="cell" class={`cell-${name}`}>
          {row ? cell(row, searched) : name === 'session' && <span class="muted">…</span>}
        </div>
      ))}
    </div>
  );
}

function SessionLink({ row, q }: { readonly row: SessionSummary; readonly q: string }) {
  return (
    <a class="row-link" href={hrefOf(['session', row.id], { q })} title={visibleText(row.id)}>
      <Inert text={row.name ?? row.id} />
      {row.user !== undefined && (
        <span class="muted">
          {' '}
          · <Inert text={row.user} />
        </span>
      )}
    </a>
  );
}

function Names({ names }: { readonly names: readonly string[] }) {
  return (
    <span title={visibleText(names.join(', '))}>
      {names.map((name, index) => (
        <span key={name}>
          {index > 0 && ', '}
          <Inert text={name} />
        </span>
      ))}
    </span>
  );
}

function Tokens({ row: { tokens } }: { readonly row: SessionSummary }) {
  if (tokens.total === 0) return null;
  const details = `${formatCount(tokens.input)} in (${formatCount(tokens.cached)} cached), ${formatCount(tokens.output)} out`;
  return <span title={details}>{formatLarge(tokens.total)}</span>;
}

function Count({ count, tone }: { readonly count: number; readonly tone: string }) {
  return count === 0 ? <span class="muted">–</span> : <span class={tone}>{formatCount(count)}</span>;
}

function Decisions({ row: { decisions, refusals } }: { readonly row: SessionSummary }) {
  if (decisions === 0) return <span class="muted">–</span>;
  return (
    <span>
      {formatCount(decisions)}
      {refusals > 0 && <span class="warn"> ({plural(refusals, 'refusal')})</span>}
    </span>
  );
}

/** How many there are, and how far a search is. */
function TableLine({
  first,
  query,
}: {
  readonly first: SessionPage | undefined;
  readonly query: URLSearchParams;
}) {
  if (!first) return null;
  return (
    <p class="table-line" role="status">
      {plural(first.total, 'session')}
      {isFiltered(query) && ' found'}
      {first.searched < 1 && (
        <>
          {' · '}
          <progress aria-label="Searching" value={first.searched} max={1} /> searched{' '}
          {formatPercent(first.searched)}
        </>
      )}
    </p>
  );
}

interface PickedProps {
  readonly picked: readonly string[];
  readonly onCompare: () => void;
  readonly onClear: () => void;
}

function Picked({ picked, onCompare, onClear }: PickedProps) {
  return (
    <div class="picked" role="status">
      <span>
        {picked.map((id, index) => (
          <span key={id}>
            {index > 0 && ' and '}
            <Inert text={id} max={40} />
          </span>
        ))}
      </span>
      {picked.length < 2 ? (
        <span class="muted">Pick another to compare.</span>
      ) : (
        <button type="button" class="button primary" onClick={onCompare}>
          Compare
        </button>
      )}
      <button type="button" class="button quiet" onClick={onClear}>
        Clear
      </button>
    </div>
  );
}

interface NoSessionsProps {
  readonly query: URLSearchParams;
  readonly state: ViewState;
  readonly first: SessionPage;
}

function NoSessions({ query, state, first }: NoSessionsProps) {
  if (first.searched < 1) return <Waiting label="Searching" />;
  if (isFiltered(query)) {
    return (
      <Empty title="No session fits">
        <p>Loosen the search or a filter.</p>
        <a class="button" href={hrefOf(['sessions'], withoutFilters(query))}>
          Show all sessions
        </a>
      </Empty>
    );
  }
  if (!state.indexed) return <Waiting label="Reading the sources" />;
  if (state.receiver) {
    return (
      <Empty title="Nothing has arrived yet">
        <p>Start an application with these variables, and its runs appear here:</p>
        <pre>
          {`OTEL_EXPORTER_OTLP_ENDPOINT=${state.receiver.endpoint}\nOTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`}
        </pre>
        <p>One that uses this package can send its audit events as well, with content, while they happen:</p>
        <pre>CHAUKAS_OUTPUT_MODE=otlp</pre>
      </Empty>
    );
  }
  return (
    <Empty title="There are no events yet">
      <p>
        {state.live
          ? 'The sources are followed: sessions appear here as they are written.'
          : 'The sources have no events of a session. Start the command with another file, or with --listen to receive telemetry.'}
      </p>
      {state.sources
        .flatMap(({ name, notices }) => notices.map((notice) => ({ name, notice })))
        .slice(0, MAX_NOTICES)
        .map(({ name, notice }) => (
          <p key={`${name} ${notice}`} class="warn">
            <Inert text={name} max={200} />: <Inert text={notice} max={200} />
          </p>
        ))}
    </Empty>
  );
}
