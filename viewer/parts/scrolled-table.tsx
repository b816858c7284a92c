/** A table in a region that scrolls by itself, with its heads in sight. */
import type { ComponentChildren } from 'preact';

interface ScrolledTableProps {
  readonly label: string;
  readonly heads: readonly string[];
  /** Whether cells are sentences. */
  readonly texts?: boolean;
  /** The rows. */
  readonly children: ComponentChildren;
}

export function ScrolledTable({ label, heads, texts = false, children }: ScrolledTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <div class="plain-table" role="region" aria-label={label} tabIndex={0}>
      <table class={texts ? 'texts' : ''}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
