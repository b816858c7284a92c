/** A JSON value as a tree that opens on demand. Only what is open is in the page, so depth and size cost nothing. */
import { useState } from 'preact/hooks';
import { formatCount } from './format.ts';
import { Inert, LongText } from './text.tsx';

/** Members of one object or array that are shown at first, and more of them with each request. */
const SHOWN_MEMBERS = 100;

interface JsonViewProps {
  readonly value: unknown;
  /** Levels that are open at first. */
  readonly open?: number;
}

export function JsonView({ value, open = 1 }: JsonViewProps) {
  return (
    <div class="json">
      <JsonMember value={value} open={open} />
    </div>
  );
}

function JsonMember({ name, value, open = 0 }: JsonViewProps & { readonly name?: string }) {
  const label = name !== undefined && (
    <>
      <span class="json-name">
        <Inert text={name} />
      </span>
      <span class="json-mark">: </span>
    </>
  );
  if (typeof value !== 'object' || value === null) {
    return (
      <div class="json-leaf">
        {label}
        <JsonLeaf value={value} />
      </div>
    );
  }
  const entries = Array.isArray(value)
    ? value.map((item, index): [string, unknown] => [String(index), item])
    : Object.entries(value);
  const size = Array.isArray(value) ? `[${formatCount(entries.length)}]` : `{${formatCount(entries.length)}}`;
  if (entries.length === 0) {
    return (
      <div class="json-leaf">
        {label}
        <span class="json-mark">{Array.isArray(value) ? '[]' : '{}'}</span>
      </div>
    );
  }
  return <JsonBranch label={label} size={size} entries={entries} open={open} />;
}

interface JsonBranchProps {
  readonly label: preact.ComponentChildren;
  readonly size: string;
  readonly entries: readonly (readonly [string, unknown])[];
  readonly open: number;
}

function JsonBranch({ label, size, entries, open }: JsonBranchProps) {
  const [isOpen, setOpen] = useState(open > 0);
  const [shown, setShown] = useState(SHOWN_MEMBERS);
  return (
    <details class="json-branch" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {label}
        <span class="json-mark">{size}</span>
      </summary>
      {isOpen && (
        <div class="json-members">
          {entries.slice(0, shown).map(([key, member]) => (
            <JsonMember key={key} name={key} value={member} open={open - 1} />
          ))}
          {entries.length > shown && (
            <button type="button" class="link" onClick={() => setShown(shown + SHOWN_MEMBERS * 5)}>
              {formatCount(entries.length - shown)} more
            </button>
          )}
        </div>
      )}
    </details>
  );
}

function JsonLeaf({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') {
    return (
      <span class="json-string">
        <LongText text={value} max={1000} />
      </span>
    );
  }
  return <span class="json-value">{String(value)}</span>;
}
