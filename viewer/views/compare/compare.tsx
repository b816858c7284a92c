/** Two sessions side by side, aligned by step. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type {
  ComparedStep,
  Comparison,
  SessionNode,
  SessionPage,
  SessionSummary,
} from '../../../src/cli/view/view-api.ts';
import { kindClass, Outcome } from '../../parts/facts.tsx';
import { formatCosts, formatDuration, formatLarge, formatTime, plural } from '../../parts/format.ts';
import { Empty, Failed, Waiting } from '../../parts/states.tsx';
import { Inert } from '../../parts/text.tsx';
import { remPixels, useVirtualizer } from '../../parts/virtual-list.tsx';
import { visibleText } from '../../parts/visible-text.ts';
import type { ViewProps } from '../../routes.ts';
import { useAnswer } from '../../shell/api.ts';
import { useKeys } from '../../shell/keyboard.ts';
import { hrefOf, replaceRoute } from '../../shell/route.ts';
import { StepDiff } from './step-diff.tsx';
import './compare.css';

const ROW_REM = 2;

export function CompareView({ route: { query }, state }: ViewProps) {
  const left = query.get('left') ?? '';
  const right = query.get('right') ?? '';
  const both = left !== '' && right !== '';
  const address = both ? `/api/compare?${new URLSearchParams({ left, right })}` : undefined;
  const { data, problem, retry } = useAnswer<Comparison>(address, state.generation);
  const sessions = useAnswer<SessionPage>('/api/sessions?limit=200', state.generation).data?.rows ?? [];
  const change = (name: string, value: string | undefined) => {
    const changed = new URLSearchParams(query);
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
    replaceRoute(hrefOf(['compare'], changed));
  };
  return (
    <div class="compare">
      <h1 class="visually-hidden">Compare</h1>
      <div class="filters">
        <SessionField label="Left" value={left} sessions={sessions} onChange={(id) => change('left', id)} />
        <SessionField
          label="Right"
          value={right}
          sessions={sessions}
          onChange={(id) => change('right', id)}
        />
        <button
          type="button"
          class="button"
          disabled={!both}
          onClick={() => replaceRoute(hrefOf(['compare'], { left: right, right: left }))}
        >
          Swap
        </button>
        <button
          type="button"
          class="button"
          aria-pressed={query.has('only')}
          onClick={() => change('only', query.has('only') ? undefined : '1')}
        >
          Only differences
        </button>
      </div>
      {!both && (
        <Empty title="Choose two sessions">
          <p>
            Choose them above, or pick two in the <a href="#/sessions">table of sessions</a> with <kbd>x</kbd>{' '}
            and press <kbd>C</kbd>.
          </p>
        </Empty>
      )}
      {problem && !data && <Failed problem={problem} onRetry={retry} />}
      {both && !data && !problem && <Waiting label="Comparing the sessions" />}
      {data && (
        <Steps
          key={address}
          comparison={data}
          only={query.has('only')}
          step={Number(query.get('step') ?? Number.NaN)}
          onStep={(index) => change('step', index === undefined ? undefined : String(index))}
        />
      )}
    </div>
  );
}

interface SessionFieldProps {
  readonly label: string;
  readonly value: string;
  readonly sessions: readonly SessionSummary[];
  readonly onChange: (id: string) => void;
}

function SessionField({ label, value, sessions, onChange }: SessionFieldProps) {
  const listed = value === '' || sessions.some(({ id }) => id === value);
  return (
    <label class="session-field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {value === '' && <option value="">Choose a session</option>}
        {!listed && <option value={value}>{visibleText(value)}</option>}
        {sessions.map(({ id, name, startTime }) => (
          <option key={id} value={id}>
            {visibleText(
              [startTime === undefined ? '' : formatTime(startTime), name, id].filter(Boolean).join(' · '),
            )}
          </option>
        ))}
      </select>
    </label>
  );
}

interface StepsProps {
  readonly comparison: Comparison;
  readonly only: boolean;
  /** Index of the step that is open. */
  readonly step: number;
  readonly onStep: (index: number | undefined) => void;
}

function Steps({ comparison, only, step, onStep }: StepsProps) {
  const { steps, left, right, uncompared, omitted } = comparison;
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useMemo(
    () => steps.map((_, index) => index).filter((index) => !only || steps[index]?.state !== 'same'),
    [steps, only],
  );
  const [focus, setFocus] = useState(false);
  const current = shown.indexOf(step);
  const virtualizer = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => remPixels(ROW_REM),
    getItemKey: (index) => index,
  });
  const open = (at: number) => {
    const index = shown[Math.max(0, Math.min(shown.length - 1, at))];
    if (index === undefined) return;
    setFocus(true);
    onStep(index);
    virtualizer.scrollToIndex(shown.indexOf(index), { align: 'auto' });
  };
  const nextDifference = (direction: 1 | -1) => {
    for (let at = current + direction; at >= 0 && at < shown.length; at += direction) {
      if (steps[shown[at] ?? -1]?.state !== 'same') return open(at);
    }
  };
  useKeys('Compare', [
    { keys: ['j', 'ArrowDown'], help: 'Next step', run: () => open(current + 1) },
    { keys: ['k', 'ArrowUp'], help: 'Previous step', run: () => open(current - 1) },
    { keys: ['n'], help: 'Next difference', run: () => nextDifference(1) },
    { keys: ['p'], help: 'Previous difference', run: () => nextDifference(-1) },
    { keys: ['Escape'], help: 'Close the step', run: () => onStep(undefined) },
  ]);
  const counts = { changed: 0, removed: 0, added: 0, same: 0 };
  for (const { state } of steps) counts[state] += 1;
  const selected = Number.isNaN(step) ? undefined : steps[step];
  return (
    <>
      <p class="table-line" role="status">
        {counts.changed + counts.removed + counts.added === 0
          ? `No difference in ${plural(steps.length, 'step')}`
          : `${plural(steps.length, 'step')}: ${counts.changed} differ, ${counts.removed} only left, ${counts.added} only right`}
        {'. Durations differ by more than 100 ms and a quarter.'}
      </p>
      {uncompared + omitted > 0 && (
        <p class="notice">
          {uncompared > 0 && `The contents of ${plural(uncompared, 'step')} were not compared. `}
          {omitted > 0 && `${plural(omitted, 'step')} beyond the limit of a session are left out.`}
        </p>
      )}
      <div class={`compare-body ${selected ? 'with-detail' : ''}`}>
        <div
          ref={scroller}
          class="compare-scroll"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
          tabIndex={0}
          role="region"
          aria-label="Steps of both sessions"
        >
          <div role="table" aria-rowcount={shown.length + 1} aria-label="Compared steps">
            <div role="rowgroup" class="table-head-group">
              <div role="row" aria-rowindex={1} class="compare-row table-head">
                <div role="columnheader">State</div>
                <SessionHead title="Left" summary={left} />
                <SessionHead title="Right" summary={right} />
                <div role="columnheader">Differences</div>
              </div>
            </div>
            <div role="rowgroup" class="virtual" style={{ height: `${shown.length * remPixels(ROW_REM)}px` }}>
              {virtualizer.getVirtualItems().map(({ index, start }) => {
                const compared = steps[shown[index] ?? -1];
                return (
                  compared && (
                    <StepRow
                      key={index}
                      index={index}
                      top={start}
                      step={compared}
                      active={index === current}
                      focus={focus}
                      onOpen={() => open(index)}
                    />
                  )
                );
              })}
            </div>
          </div>
        </div>
        {selected && (
          <aside class="compare-detail" aria-label="Step">
            <header class={`detail-head ${kindClass((selected.left ?? selected.right)?.kind ?? '')}`}>
              <h2>
                <span class="kind-dot" aria-hidden="true" /> {(selected.left ?? selected.right)?.kind}{' '}
                <Inert text={(selected.left ?? selected.right)?.name ?? ''} max={120} />
              </h2>
              <p class="detail-line">
                <EventLink title="Left" node={selected.left} />
                <EventLink title="Right" node={selected.right} />
                <button type="button" class="button" onClick={() => onStep(undefined)}>
                  Close
                </button>
              </p>
            </header>
            <StepDiff step={selected} />
          </aside>
        )}
      </div>
    </>
  );
}

function SessionHead({ title, summary }: { readonly title: string; readonly summary: SessionSummary }) {
  const { id, name, durationMs, tokens, costs } = summary;
  const facts = [formatDuration(durationMs), `${formatLarge(tokens.total)} tokens`, formatCosts(costs)];
  return (
    <div role="columnheader">
      {title}:{' '}
      <a href={hrefOf(['session', id])}>
        <Inert text={name ?? id} max={40} />
      </a>{' '}
      <span class="head-facts">{facts.filter(Boolean).join(', ')}</span>
    </div>
  );
}

function EventLink({ title, node }: { readonly title: string; readonly node: SessionNode | undefined }) {
  const event = node?.events[0];
  if (event === undefined) return null;
  return <a href={hrefOf(['event', String(event)])}>{title} in its session</a>;
}

const SIGNS = { same: '=', changed: '≠', removed: '−', added: '+' } as const;
const STATES = { same: 'Same', changed: 'Differs', removed: 'Only left', added: 'Only right' } as const;

interface StepRowProps {
  readonly index: number;
  readonly top: number;
  readonly step: ComparedStep;
  readonly active: boolean;
  readonly focus: boolean;
  readonly onOpen: () => void;
}

function StepRow({ index, top, step, active, focus, onOpen }: StepRowProps) {
  const { left, right, state, differences } = step;
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (active && focus) button.current?.focus({ preventScroll: true });
  }, [active, focus]);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      class={`compare-row compare-${state} ${active ? 'active' : ''}`}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div role="cell">
        <button ref={button} type="button" class="step-open" aria-expanded={active} onClick={onOpen}>
          <span class="step-sign" aria-hidden="true">
            {SIGNS[state]}
          </span>{' '}
          {STATES[state]}
        </button>
      </div>
      <StepCell node={left} />
      <StepCell node={right} />
      <div role="cell" class="step-differences">
        {differences.join(', ')}
      </div>
    </div>
  );
}

function StepCell({ node }: { readonly node: SessionNode | undefined }) {
  if (!node) return <div role="cell" class="step-missing" />;
  return (
    <div role="cell" class={`step-cell ${kindClass(node.kind)}`}>
      <span style={{ paddingInlineStart: `${Math.min(node.depth, 12) * 0.8}rem` }} />
      <span class="kind-dot" aria-hidden="true" />
      <span class="step-name">
        <span class="muted">{node.kind}</span> <Inert text={node.name ?? node.summary ?? ''} max={80} />
      </span>
      {node.outcome !== 'completed' && <Outcome outcome={node.outcome} />}
      <span class="muted">{formatDuration(node.durationMs)}</span>
    </div>
  );
}
