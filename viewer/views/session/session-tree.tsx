/** The steps of a session as a tree, each with its bar on one scale of time. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SessionDetail, SessionNode } from '../../../src/cli/view/view-api.ts';
import { kindClass } from '../../parts/facts.tsx';
import { exactTime, formatCost, formatCount, formatDuration, formatLarge } from '../../parts/format.ts';
import { Inert } from '../../parts/text.tsx';
import { remPixels, useVirtualizer } from '../../parts/virtual-list.tsx';
import { useKeys } from '../../shell/keyboard.ts';
import { type TimeTicks, timeTicks } from './time-ticks.ts';

const ROW_REM = 1.875;
const HEAD_REM = 1.75;

/** A label further to the right would be cut off. In percent of the axis. */
const LAST_LABEL = 82;

/** Deeper levels are not indented further, so that a name is still readable. */
const MAX_INDENT = 12;

interface SessionTreeProps {
  readonly detail: SessionDetail;
  readonly selected: SessionNode | undefined;
  readonly onSelect: (node: SessionNode) => void;
}

export function SessionTree({ detail, selected, onSelect }: SessionTreeProps) {
  const scroller = useRef<HTMLDivElement>(null);
  /** First events of the nodes whose children are hidden. */
  const [closed, setClosed] = useState<ReadonlySet<number>>(new Set());
  const rows = useMemo(() => openRows(detail.nodes, closed), [detail, closed]);
  const whole = useMemo(() => scaleOf(detail), [detail]);
  const [zoomed, setZoomed] = useState<TimeScale>();
  const scale = zoomed ?? whole;
  const ticks = timeTicks(scale.start - whole.start, scale.span);
  const active = selected ? rows.findIndex(({ node }) => node === selected) : -1;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => remPixels(ROW_REM),
    scrollMargin: remPixels(HEAD_REM),
    scrollPaddingStart: remPixels(HEAD_REM),
    getItemKey: (index) => index,
  });

  const reveal = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row) onSelect(row.node);
  };
  const toggle = (node: SessionNode, close: boolean) => {
    const key = node.events[0] ?? -1;
    const next = new Set(closed);
    if (close) next.add(key);
    else next.delete(key);
    setClosed(next);
  };
  const row = rows[active];
  const toStart = () => {
    if (row?.parent && !row.closed) toggle(row.node, true);
    else
      reveal(
        rows.findLastIndex((other, index) => index < active && other.node.depth < (row?.node.depth ?? 0)),
      );
  };
  const nextFailed = () => {
    const after = rows.findIndex(({ node }, index) => index > active && node.outcome === 'failed');
    reveal(after === -1 ? rows.findIndex(({ node }) => node.outcome === 'failed') : after);
  };
  const zoom = (factor: number) => setZoomed(zoomedScale(scale, whole, factor, selected));
  const fit = () => selected && setZoomed(stepScale(selected, whole));
  useKeys('Tree', [
    { keys: ['j', 'ArrowDown'], help: 'Next step', run: () => reveal(active + 1) },
    { keys: ['k', 'ArrowUp'], help: 'Previous step', run: () => reveal(active - 1) },
    { keys: ['h', 'ArrowLeft'], help: 'Close it, or go to its parent', run: toStart },
    { keys: ['l', 'ArrowRight'], help: 'Open it', run: () => row && toggle(row.node, false) },
    { keys: ['e'], help: 'Next failed step', run: nextFailed },
    { keys: ['+', '='], help: 'Zoom in, around the step', run: () => zoom(0.5) },
    { keys: ['-'], help: 'Zoom out', run: () => zoom(2) },
    { keys: ['z'], help: 'Zoom to the step', run: fit },
    { keys: ['0'], help: 'The whole time', run: () => setZoomed(undefined) },
    {
      keys: ['Enter'],
      help: 'Into the details',
      run: () => document.querySelector<HTMLElement>('.detail [role=tab][aria-selected=true]')?.focus(),
    },
  ]);
  useEffect(() => {
    if (active >= 0) virtualizer.scrollToIndex(active, { align: 'auto' });
  }, [active, virtualizer]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <div ref={scroller} class="tree-scroll" tabIndex={0} role="region" aria-label="Steps of the session">
      <div
        role="treegrid"
        aria-label="Steps"
        aria-rowcount={rows.length + 1}
        style={{ '--tick-step': `${ticks.step}%`, '--tick-first': linePosition(ticks) }}
      >
        <div role="rowgroup" class="tree-head-group">
          <div role="row" aria-rowindex={1} class="tree-row tree-head">
            <div role="columnheader">
              Step
              <span class="zoom">
                <ZoomButton title="Zoom in (+)" mark="+" run={() => zoom(0.5)} />
                <ZoomButton title="Zoom out (-)" mark="−" run={() => zoom(2)} />
                {zoomed && (
                  <ZoomButton title="The whole time (0)" mark="All" run={() => setZoomed(undefined)} />
                )}
              </span>
            </div>
            <div role="columnheader" class="tree-number">
              Duration
            </div>
            <div role="columnheader" class="tree-number tree-tokens">
              Tokens
            </div>
            <div role="columnheader" class="tree-number tree-cost">
              Cost
            </div>
            <div role="columnheader" class="tree-axis">
              {ticks.marks.map(
                ({ label, percent }) =>
                  percent < LAST_LABEL && (
                    <span key={label} style={{ insetInlineStart: `${percent}%` }}>
                      {label}
                    </span>
                  ),
              )}
            </div>
          </div>
        </div>
        <div role="rowgroup" class="virtual" style={{ height: `${rows.length * remPixels(ROW_REM)}px` }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const shown = rows[index];
            return (
              shown && (
                <TreeRow
                  key={shown.node.events[0] ?? index}
                  index={index}
                  top={start - remPixels(HEAD_REM)}
                  row={shown}
                  scale={scale}
                  selected={index === active}
                  reachable={index === Math.max(0, active)}
                  onSelect={onSelect}
                  onToggle={toggle}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface ZoomButtonProps {
  readonly title: string;
  readonly mark: string;
  readonly run: () => void;
}

function ZoomButton({ title, mark, run }: ZoomButtonProps) {
  return (
    <button type="button" title={title} aria-label={title} onClick={run}>
      {mark}
    </button>
  );
}

interface OpenRow {
  readonly node: SessionNode;
  /** Whether it has children. */
  readonly parent: boolean;
  readonly closed: boolean;
}

interface TimeScale {
  readonly start: number;
  readonly span: number;
}

interface TreeRowProps {
  readonly index: number;
  readonly top: number;
  readonly row: OpenRow;
  readonly scale: TimeScale;
  readonly selected: boolean;
  readonly reachable: boolean;
  readonly onSelect: (node: SessionNode) => void;
  readonly onToggle: (node: SessionNode, close: boolean) => void;
}

function TreeRow({ index, top, row, scale, selected, reachable, onSelect, onToggle }: TreeRowProps) {
  const { node, parent, closed } = row;
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { activeElement } = document;
    const fromTree =
      activeElement === document.body || activeElement?.closest('.tree-scroll, #main:focus') != null;
    if (selected && fromTree) element.current?.focus({ preventScroll: true });
  }, [selected]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys of the tree are those of the view.
    <div
      ref={element}
      role="row"
      aria-rowindex={index + 2}
      aria-level={node.depth + 1}
      aria-selected={selected}
      aria-expanded={parent ? !closed : undefined}
      tabIndex={reachable ? 0 : -1}
      class={`tree-row ${kindClass(node.kind)} node-${node.outcome}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onSelect(node)}
    >
      <div
        role="gridcell"
        class="tree-step"
        style={{ paddingInlineStart: `${Math.min(node.depth, MAX_INDENT) * 1.1}rem` }}
      >
        {parent ? (
          <button
            type="button"
            class={`toggle ${closed ? '' : 'toggle-open'}`}
            tabIndex={-1}
            aria-label={closed ? 'Open' : 'Close'}
            onClick={(event) => {
              event.stopPropagation();
              onToggle(node, !closed);
            }}
          />
        ) : (
          <span class="toggle-space" />
        )}
        <span class="kind-dot" aria-hidden="true" />
        <span class="tree-kind">
          <Inert text={node.kind} max={30} />
        </span>
        {node.name !== undefined && (
          <span class="tree-name">
            <Inert text={node.name} />
          </span>
        )}
        {node.summary !== undefined && (
          <span class="tree-summary">
            <Inert text={node.summary} />
          </span>
        )}
        {node.outcome !== 'completed' && <span class={`tag tag-${node.outcome}`}>{node.outcome}</span>}
        {node.retries > 0 && <span class="tag tag-retried">{formatCount(node.retries)} retried</span>}
      </div>
      <div role="gridcell" class="tree-number">
        {formatDuration(node.durationMs)}
      </div>
      <div role="gridcell" class="tree-number tree-tokens">
        {node.tokens && node.tokens.total > 0 && formatLarge(node.tokens.total)}
      </div>
      <div role="gridcell" class="tree-number tree-cost">
        {node.cost && formatCost(node.cost.amount, node.cost.currency)}
      </div>
      <div role="gridcell" class="tree-lane">
        <Bar node={node} scale={scale} />
      </div>
    </div>
  );
}

function Bar({ node, scale }: { readonly node: SessionNode; readonly scale: TimeScale }) {
  if (node.startTime === undefined) return null;
  const left = (100 * (node.startTime - scale.start)) / scale.span;
  const end =
    node.endTime ?? (node.span && node.outcome === 'open' ? scale.start + scale.span : node.startTime);
  const right = left + (100 * Math.max(0, end - node.startTime)) / scale.span;
  // Outside of the zoomed part.
  if (right < 0 || left > 100) return null;
  return (
    <div
      class={node.span ? 'bar' : 'bar tick'}
      title={exactTime(node.startTime)}
      style={{
        // The end of the lane must not hide a bar of the least width.
        insetInlineStart: `min(${clamp(left)}%, 100% - var(--bar-least))`,
        ...(node.span && { width: `${clamp(right) - clamp(left)}%` }),
      }}
    />
  );
}

/** The place of the first line as CSS wants it: a percentage of the room that a line's tile leaves. */
function linePosition({ first, step }: TimeTicks): string {
  return step >= 100 ? '0%' : `${(100 * first) / (100 - step)}%`;
}

function clamp(percent: number): number {
  return Math.max(0, Math.min(100, percent));
}

/** The rows that no closed parent hides. */
function openRows(nodes: readonly SessionNode[], closed: ReadonlySet<number>): readonly OpenRow[] {
  const rows: OpenRow[] = [];
  let hiddenBelow = Number.POSITIVE_INFINITY;
  nodes.forEach((node, index) => {
    if (node.depth > hiddenBelow) return;
    hiddenBelow = Number.POSITIVE_INFINITY;
    const parent = (nodes[index + 1]?.depth ?? 0) > node.depth;
    const isClosed = parent && closed.has(node.events[0] ?? -1);
    if (isClosed) hiddenBelow = node.depth;
    rows.push({ node, parent, closed: isClosed });
  });
  return rows;
}

function scaleOf({ nodes, summary }: SessionDetail): TimeScale {
  let start = summary.startTime ?? Number.POSITIVE_INFINITY;
  let end = summary.endTime ?? Number.NEGATIVE_INFINITY;
  for (const { startTime, endTime } of nodes) {
    if (startTime !== undefined) start = Math.min(start, startTime);
    // A single event has no end, and may come after that of its session.
    const last = endTime ?? startTime;
    if (last !== undefined) end = Math.max(end, last);
  }
  return { start, span: end > start ? end - start : 1 };
}

/** A microsecond: no clock of an event is finer. */
const LEAST_SPAN_MS = 0.001;

/** A part of the time, around the selected step if it is in sight; `undefined` for the whole of it. */
function zoomedScale(
  scale: TimeScale,
  whole: TimeScale,
  factor: number,
  { startTime, endTime = startTime }: Partial<SessionNode> = {},
): TimeScale | undefined {
  const span = Math.max(LEAST_SPAN_MS, scale.span * factor);
  if (span >= whole.span) return undefined;
  const middle = scale.start + scale.span / 2;
  const step = startTime === undefined || endTime === undefined ? middle : (startTime + endTime) / 2;
  const around = step < scale.start || step > scale.start + scale.span ? middle : step;
  return partOf(whole, around - span / 2, span);
}

/** The time of a step, with a little around it. */
function stepScale({ startTime, endTime = startTime }: SessionNode, whole: TimeScale): TimeScale | undefined {
  if (startTime === undefined || endTime === undefined) return undefined;
  const span = Math.max(LEAST_SPAN_MS, (endTime - startTime) * 1.1, whole.span / 1000);
  return span >= whole.span ? undefined : partOf(whole, (startTime + endTime - span) / 2, span);
}

function partOf(whole: TimeScale, start: number, span: number): TimeScale {
  return { start: Math.max(whole.start, Math.min(start, whole.start + whole.span - span)), span };
}
