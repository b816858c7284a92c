/** The line at the bottom: what was read, what is being read, and what is wrong with a source. */
import type { ViewState } from '../../src/cli/view/view-api.ts';
import { formatBytes, formatCount, formatPercent, plural } from '../parts/format.ts';
import { Inert } from '../parts/text.tsx';
import type { RequestProblem } from './api.ts';

interface StateBarProps {
  readonly state?: ViewState;
  readonly problem?: RequestProblem;
}

export function StateBar({ state, problem }: StateBarProps) {
  return (
    <footer class="state-bar">
      {problem && state && (
        <p class="state-problem" role="alert">
          {problem.message}
        </p>
      )}
      {state && <Reading state={state} />}
    </footer>
  );
}

function Reading({ state }: { readonly state: ViewState }) {
  const { sources, receiver } = state;
  const notices = sources.flatMap((source) =>
    source.notices.map((notice) => ({ name: source.name, notice })),
  );
  return (
    <>
      <span class={`live ${state.live ? 'live-on' : ''}`}>{state.live ? 'Live' : 'At rest'}</span>
      <span>
        {plural(state.events, 'event')} in {plural(state.sessions, 'session')}
      </span>
      {!state.indexed && <IndexProgress state={state} />}
      {sources.length > 0 && (
        <span class="state-sources">
          <Inert text={sources.length === 1 ? (sources[0]?.name ?? '') : plural(sources.length, 'source')} />
        </span>
      )}
      {receiver && (
        <span>
          <Inert text={receiver.endpoint} />: {plural(receiver.spans, 'span')},{' '}
          {plural(receiver.events, 'event')}
          {receiver.refused > 0 && `, ${formatCount(receiver.refused)} refused`}
          {receiver.removed > 0 && `, ${formatCount(receiver.removed)} removed`}
        </span>
      )}
      {notices.length > 0 && (
        <details class="menu menu-up notices">
          <summary class="button quiet">{plural(notices.length, 'notice')}</summary>
          <div class="menu-body">
            <ul>
              {notices.map(({ name, notice }) => (
                <li key={`${name}\n${notice}`}>
                  <strong>
                    <Inert text={name} />
                  </strong>{' '}
                  <Inert text={notice} max={2000} />
                </li>
              ))}
            </ul>
          </div>
        </details>
      )}
      <span class="state-version">{state.packageVersion}</span>
    </>
  );
}

function IndexProgress({ state }: { readonly state: ViewState }) {
  const read = state.sources.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  const total = state.sources.every(({ bytes }) => bytes !== undefined)
    ? state.sources.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
    : undefined;
  const part = total ? Math.min(1, read / total) : undefined;
  return (
    <span class="indexing" role="status">
      <progress aria-label="Reading the sources" {...(part !== undefined && { value: part })} max={1} />
      {part === undefined ? `Read ${formatBytes(read)}` : `Reading, ${formatPercent(part)}`}
    </span>
  );
}
