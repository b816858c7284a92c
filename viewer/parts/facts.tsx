/** Small things that every view shows: a time, an outcome, a kind, a text to copy. */
import { useState } from 'preact/hooks';
import type { ViewOutcome } from '../../src/cli/view/view-api.ts';
import { exactTime, formatTime } from './format.ts';

/** In the reader's zone, with the exact UTC value on hover. */
export function Time({
  time,
  millis = false,
}: {
  readonly time: number | undefined;
  readonly millis?: boolean;
}) {
  if (time === undefined) return null;
  const exact = exactTime(time);
  return (
    <time dateTime={exact} title={exact}>
      {formatTime(time, millis)}
    </time>
  );
}

const OUTCOMES: Readonly<Record<ViewOutcome, string>> = {
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  open: 'Open',
};

export function Outcome({ outcome }: { readonly outcome: ViewOutcome }) {
  return <span class={`outcome outcome-${outcome}`}>{OUTCOMES[outcome]}</span>;
}

/** Kinds of nodes that have a colour of their own; `viewer/styles/tokens.css` has the colours. */
const COLOURED = new Set([
  'session',
  'agent',
  'model',
  'tool',
  'mcp',
  'handoff',
  'error',
  'policy',
  'retry',
  'data',
]);

/** The class that gives an element the colour of a kind, as `--kind`. */
export function kindClass(kind: string): string {
  return `kind-${COLOURED.has(kind) ? kind : 'other'}`;
}

interface CopyProps {
  readonly label: string;
  /** Made when it is needed. */
  readonly text: () => string | Promise<string>;
}

export function CopyButton({ label, text }: CopyProps) {
  const [done, setDone] = useState<'copied' | 'failed'>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(await text());
      setDone('copied');
    } catch {
      setDone('failed');
    }
    setTimeout(() => setDone(undefined), 2000);
  };
  return (
    <button type="button" class="button" onClick={() => void copy()}>
      <span role="status">
        {done === 'copied' ? 'Copied' : done === 'failed' ? 'Not allowed to copy' : label}
      </span>
    </button>
  );
}
