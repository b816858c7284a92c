/** Text that came with an event. It is only ever shown as text: no markup, no link, no picture. */
import { createContext } from 'preact';
import { useContext, useMemo, useState } from 'preact/hooks';
import { formatCount } from './format.ts';
import { visibleRuns } from './visible-text.ts';

/** The text that was searched for; empty if none was. Each place that has it is marked. */
export const SearchedText = createContext('');

/** A long text shows this much until asked for all of it. */
const SHOWN_CHARACTERS = 4000;

/** A name, an id or a short message, isolated so that it cannot turn the direction of the text around it. */
export function Inert({ text, max = 300 }: { readonly text: string; readonly max?: number }) {
  const cut = text.length > max;
  return (
    <bdi class="inert">
      <Runs text={cut ? text.slice(0, max) : text} />
      {cut && '…'}
    </bdi>
  );
}

/** A text of any length, with its line breaks. */
export function LongText({ text, max = SHOWN_CHARACTERS }: { readonly text: string; readonly max?: number }) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > max;
  return (
    <div class="long-text">
      <bdi class="inert">
        <Runs text={cut ? text.slice(0, max) : text} />
        {cut && '…'}
      </bdi>
      {text.length > max && (
        <button type="button" class="link" onClick={() => setWhole(!whole)}>
          {whole ? 'Show less' : `Show all ${formatCount(text.length)} characters`}
        </button>
      )}
    </div>
  );
}

function Runs({ text }: { readonly text: string }) {
  const searched = useContext(SearchedText);
  const pattern = useMemo(
    () => (searched === '' ? undefined : new RegExp(searched.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'gi')),
    [searched],
  );
  return (
    <>
      {visibleRuns(text).map((run, index) =>
        run.stands === undefined ? (
          marked(run.text, pattern)
        ) : (
          <span key={index} class="acting" title={run.stands}>
            {run.text}
          </span>
        ),
      )}
    </>
  );
}

/** The text with an element for each hit. Nothing of it is read as markup. */
function marked(text: string, pattern: RegExp | undefined): preact.ComponentChildren {
  if (pattern === undefined) return text;
  const parts: preact.ComponentChildren[] = [];
  let from = 0;
  for (const { 0: hit, index } of text.matchAll(pattern)) {
    parts.push(text.slice(from, index), <mark key={index}>{hit}</mark>);
    from = index + hit.length;
  }
  return from === 0 ? text : [...parts, text.slice(from)];
}
