/** The line between the tree and the details. It is moved by the pointer, or by arrow keys if it has the focus. */
import { useState } from 'preact/hooks';

const KEY = 'agent-events-split';
const [LEAST, MOST, INITIAL, STEP] = [25, 75, 60, 5];

/** The part of the width that the tree has, in percent. The browser keeps it. */
export function useSplit(): [part: number, change: (part: number) => void] {
  const [part, setPart] = useState(storedSplit);
  const change = (wanted: number): void => {
    const next = within(wanted);
    setPart(next);
    try {
      localStorage.setItem(KEY, String(next));
    } catch {
      // A browser that stores nothing forgets it.
    }
  };
  return [part, change];
}

function storedSplit(): number {
  try {
    return within(Number(localStorage.getItem(KEY) ?? INITIAL) || INITIAL);
  } catch {
    return INITIAL;
  }
}

function within(part: number): number {
  return Math.round(Math.max(LEAST, Math.min(MOST, part)));
}

interface PaneSeparatorProps {
  readonly part: number;
  readonly onChange: (part: number) => void;
}

export function PaneSeparator({ part, onChange }: PaneSeparatorProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    const next = keyTarget(event.key, part);
    if (next === undefined) return;
    // Arrow keys have another meaning in the tree.
    event.preventDefault();
    onChange(next);
  };
  const onPointerMove = (event: PointerEvent) => {
    const { currentTarget } = event;
    if (!(currentTarget instanceof HTMLElement) || !currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = currentTarget.parentElement?.getBoundingClientRect();
    if (box) onChange((100 * (event.clientX - box.left)) / box.width);
  };
  return (
    <div
      class="pane-separator"
      role="separator"
      tabIndex={0}
      aria-label="Width of the steps"
      aria-orientation="vertical"
      aria-controls="step-detail"
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      aria-valuenow={part}
      title="Drag, or use the arrow keys; a double click resets it"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
      onDblClick={() => onChange(INITIAL)}
    />
  );
}

function keyTarget(key: string, part: number): number | undefined {
  switch (key) {
    case 'ArrowLeft':
      return part - STEP;
    case 'ArrowRight':
      return part + STEP;
    case 'Home':
      return LEAST;
    case 'End':
      return MOST;
    default:
      return undefined;
  }
}
