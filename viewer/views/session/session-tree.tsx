/** The steps of a session as a tree, each with its bar on one scale of time. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SessionDetail, SessionNode } from '../../../src/cli/view/view-api.ts';
import { kindClass } from '../../parts/facts.tsx';
import { exactTime, formatCost, formatCount, formatDuration, formatLarge } from '../../parts/format.ts';
import { Inert } from '../../parts/text.tsx';
import { remPixels, useVirtualizer } from '../../parts/virtual-list.tsx';
import { useKeys } from '../../shell/keyboard.ts';

const ROW_REM = 1.875;
const HEAD_REM = 1.75;

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
  const scale = useMemo(() => scaleOf(detail), [detail]);
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
  useKeys('Tree', [
    { keys: ['j', 'ArrowDown'], help: 'Next step', run: () => reveal(active + 1) },
    { keys: ['k', 'ArrowUp'], help: 'Previous step', run: () => reveal(active - 1) },
    { keys: ['h', 'ArrowLeft'], help: 'Close it, or go to its parent', run: toStart },
    { keys: ['l', 'ArrowRight'], help: 'Open it', run: () => row && toggle(row.node, false) },
    { keys: ['e'], help: 'Next failed step', run: nextFailed },
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
      <div role="treegrid" aria-label="Steps" aria-rowcount={rows.length + 1}>
        <div role="rowgroup" class="tree-head-group">
          <div role="row" aria-rowindex={1} class="tree-row tree-head">
            <div role="columnheader">Step</div>
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
              {[0, 0.25, 0.5, 0.75, 1].map((part) => (
                <span key={part}>{part === 0 ? '0' : formatDuration(scale.span * part)}</span>
              ))}
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
        {node.retries > 0 && <span class="tag tag-cancelled">{formatCount(node.retries)} retried</span>}
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
  const width = (100 * Math.max(0, end - node.startTime)) / scale.span;
  return (
    <div
      class={node.span ? 'bar' : 'bar tick'}
      title={exactTime(node.startTime)}
      style={{ insetInlineStart: `${clamp(left)}%`, ...(node.span && { width: `${clamp(width)}%` }) }}
    />
  );
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
    if (endTime !== undefined) end = Math.max(end, endTime);
  }
  return { start, span: end > start ? end - start : 1 };
}
