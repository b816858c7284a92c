/** Text search and filters above the table. Every change is a change of the address. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SessionPage, ViewOutcome } from '../../../src/cli/view/view-api.ts';
import { Menu } from '../../parts/menu.tsx';
import { Inert } from '../../parts/text.tsx';
import { hrefOf, replaceRoute } from '../../shell/route.ts';
import {
  FACETS,
  isFiltered,
  requestQuery,
  type SessionFacet,
  toggled,
  withoutFilters,
  withValues,
} from './session-query.ts';

const OUTCOMES: readonly (readonly [ViewOutcome, string])[] = [
  ['completed', 'Completed'],
  ['failed', 'Failed'],
  ['cancelled', 'Cancelled'],
  ['open', 'Open'],
];

const HAVING = [
  ['errors', 'Errors'],
  ['retries', 'Retries'],
  ['refusals', 'Refusals'],
] as const;

/** A search begins when typing pauses for this time. */
const TYPING_MS = 200;

interface FilterBarProps {
  readonly query: URLSearchParams;
  readonly choices: SessionPage['choices'] | undefined;
  /** The first segment of the address that the filters change. */
  readonly view?: string;
}

export function FilterBar({ query, choices, view = 'sessions' }: FilterBarProps) {
  const change = (changed: URLSearchParams) => replaceRoute(hrefOf([view], changed));
  return (
    <div class="filters" role="search">
      <SearchField query={query} onChange={change} />
      {FACETS.map(({ name, title }) => (
        <FacetMenu
          key={name}
          name={name}
          title={title}
          choices={choices?.[name] ?? []}
          query={query}
          onChange={change}
        />
      ))}
      <Menu label={countedLabel('Outcome', query.getAll('outcome').length)} on={query.has('outcome')}>
        {OUTCOMES.map(([value, title]) => (
          <label key={value}>
            <input
              type="checkbox"
              checked={query.getAll('outcome').includes(value)}
              onChange={() => change(toggled(query, 'outcome', value))}
            />
            {title}
          </label>
        ))}
      </Menu>
      <TimeMenu query={query} onChange={change} />
      <fieldset class="having">
        <legend class="visually-hidden">Only sessions with</legend>
        {HAVING.map(([value, title]) => (
          <button
            key={value}
            type="button"
            class="button"
            aria-pressed={query.getAll('has').includes(value)}
            onClick={() => change(toggled(query, 'has', value))}
          >
            {title}
          </button>
        ))}
      </fieldset>
      {isFiltered(query) && (
        <button type="button" class="button quiet" onClick={() => change(withoutFilters(query))}>
          Clear
        </button>
      )}
      {view === 'sessions' && <ExportMenu query={query} />}
    </div>
  );
}

interface PartProps {
  readonly query: URLSearchParams;
  readonly onChange: (changed: URLSearchParams) => void;
}

function SearchField({ query, onChange }: PartProps) {
  const current = query.get('q') ?? '';
  const [text, setText] = useState(current);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // Another address than the one that was typed: a link, or "Clear".
  useEffect(() => setText(current), [current]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const search = (value: string) => onChange(withValues(query, 'q', [value]));
  return (
    <input
      type="search"
      class="search"
      aria-label="Search in all texts"
      placeholder="Search in all texts   /"
      value={text}
      onInput={({ currentTarget: { value } }) => {
        setText(value);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => search(value), TYPING_MS);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return;
        clearTimeout(timer.current);
        search(event.currentTarget.value);
      }}
    />
  );
}

interface FacetMenuProps extends PartProps {
  readonly name: SessionFacet;
  readonly title: string;
  readonly choices: readonly string[];
}

/** Names to choose from; a name that is not in the list, or a pattern with `*`, is typed and added with Enter. */
function FacetMenu({ name, title, choices, query, onChange }: FacetMenuProps) {
  const [typed, setTyped] = useState('');
  const chosen = query.getAll(name);
  const wanted = typed.toLowerCase().replaceAll('*', '');
  const listed = [...chosen, ...choices.filter((choice) => !chosen.includes(choice))];
  return (
    <Menu label={countedLabel(title, chosen.length)} on={chosen.length > 0}>
      <input
        type="text"
        aria-label={`${title}: name, or pattern with *`}
        placeholder="Name, or pattern with *"
        value={typed}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || typed === '') return;
          onChange(withValues(query, name, [...chosen, typed]));
          setTyped('');
        }}
      />
      {listed
        .filter((choice) => choice.toLowerCase().includes(wanted))
        .map((choice) => (
          <label key={choice}>
            <input
              type="checkbox"
              checked={chosen.includes(choice)}
              onChange={() => onChange(toggled(query, name, choice))}
            />
            <Inert text={choice} />
          </label>
        ))}
      {listed.length === 0 && <p class="muted">None in these sessions.</p>}
    </Menu>
  );
}

function TimeMenu({ query, onChange }: PartProps) {
  const count = Number(query.has('since')) + Number(query.has('until'));
  return (
    <Menu label={countedLabel('Time', count)} on={count > 0}>
      {(['since', 'until'] as const).map((name) => (
        <label key={name} class="time-field">
          {name === 'since' ? 'From' : 'Until'}
          <input
            type="datetime-local"
            step="1"
            value={localTime(query.get(name))}
            onChange={({ currentTarget: { value } }) => {
              const time = new Date(value).getTime();
              onChange(withValues(query, name, Number.isNaN(time) ? [] : [String(time)]));
            }}
          />
        </label>
      ))}
      <p class="muted">Times of your zone.</p>
    </Menu>
  );
}

/** The table as it is filtered, as a file. */
function ExportMenu({ query }: { readonly query: URLSearchParams }) {
  const filters = requestQuery(query);
  const links = [
    ['sessions', 'csv', 'Sessions as CSV'],
    ['sessions', 'json', 'Sessions as JSON'],
    ['events', 'csv', 'Their events as CSV'],
    ['events', 'json', 'Their events as JSON'],
  ] as const;
  return (
    <Menu label="Export" end>
      {links.map(([what, format, title]) => (
        <a key={title} href={`/api/export/${what}?format=${format}${filters && `&${filters}`}`} download>
          {title}
        </a>
      ))}
    </Menu>
  );
}

function countedLabel(title: string, count: number): string {
  return count === 0 ? title : `${title} · ${count}`;
}

/** The value of `<input type="datetime-local">`. */
function localTime(value: string | null): string {
  const time = Number(value);
  if (value === null || Number.isNaN(time)) return '';
  const offset = new Date(time).getTimezoneOffset() * 60_000;
  return new Date(time - offset).toISOString().slice(0, 19);
}
