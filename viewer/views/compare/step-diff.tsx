/** The differences in one step of two sessions: its measures, and its contents word by word. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { matchedPairs } from '../../../src/cli/view/compare/matched-pairs.ts';
import { CONTENT_PARTS, stepContents } from '../../../src/cli/view/compare/step-contents.ts';
import type { ComparedStep, EventDetail, SessionNode } from '../../../src/cli/view/view-api.ts';
import { Outcome } from '../../parts/facts.tsx';
import { formatCost, formatCount, formatDuration } from '../../parts/format.ts';
import { Failed, Waiting } from '../../parts/states.tsx';
import { Inert, LongText } from '../../parts/text.tsx';
import { asProblem, type RequestProblem, requestJson } from '../../shell/api.ts';

/** A START and an END; the server compares no more. */
const MAX_EVENTS = 4;

/** Longer contents are compared line by line instead of word by word, and cut beyond the second limit. */
const MAX_WORD_CHARACTERS = 40_000;
const MAX_CHARACTERS = 200_000;

const PART_TITLES = { arguments: 'Arguments', text: 'Text', result: 'Result' } as const;

export function StepDiff({ step }: { readonly step: ComparedStep }) {
  const left = useContents(step.left);
  const right = useContents(step.right);
  const failed = left.problem ? left : right;
  if (failed.problem) return <Failed problem={failed.problem} onRetry={failed.retry} />;
  if (!left.contents || !right.contents) return <Waiting label="Loading the events" />;
  const [one, other] = [left.contents, right.contents];
  const parts = CONTENT_PARTS.filter((part) => one[part] !== undefined || other[part] !== undefined);
  return (
    <div class="step-diff">
      <Measures step={step} />
      {parts.map((part) => (
        <section key={part}>
          <h3>
            {PART_TITLES[part]}
            {step.differences.includes(part) && <span class="diff-word"> differs</span>}
          </h3>
          <TextDiff left={textOf(one[part])} right={textOf(other[part])} />
        </section>
      ))}
      {parts.length === 0 && <p class="muted">The events of this step have no contents.</p>}
    </div>
  );
}

function Measures({ step: { left, right } }: { readonly step: ComparedStep }) {
  const rows: readonly (readonly [string, (node: SessionNode) => preact.ComponentChildren])[] = [
    ['Name', ({ name }) => name !== undefined && <Inert text={name} max={80} />],
    ['Outcome', ({ outcome }) => <Outcome outcome={outcome} />],
    ['Duration', ({ durationMs }) => formatDuration(durationMs)],
    [
      'Tokens',
      ({ tokens }) => tokens && `${formatCount(tokens.input)} in, ${formatCount(tokens.output)} out`,
    ],
    ['Cost', ({ cost }) => cost && formatCost(cost.amount, cost.currency)],
  ];
  return (
    <table class="measures">
      <thead>
        <tr>
          <td />
          <th scope="col">Left</th>
          <th scope="col">Right</th>
        </tr>
      </thead>
      <tbody>
        {rows
          .map(([title, show]) => ({ title, one: left && show(left), other: right && show(right) }))
          .filter(({ one, other }) => one || other)
          .map(({ title, one, other }) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              <td>{one}</td>
              <td>{other}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

interface DiffRun {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Removed text is struck through and added text underlined, so that it does not take colour to tell them apart. */
function TextDiff({ left, right }: { readonly left: string; readonly right: string }) {
  const runs = useMemo(() => diffOf(left, right), [left, right]);
  if (left === right) return <LongText text={left} max={1000} />;
  const cut = left.length > MAX_CHARACTERS || right.length > MAX_CHARACTERS;
  return (
    <>
      <div class="text-diff">
        {runs.map(({ kind, text }, index) => {
          const shown = <Inert text={text} max={text.length} />;
          if (kind === 'removed') return <del key={index}>{shown}</del>;
          return kind === 'added' ? <ins key={index}>{shown}</ins> : <span key={index}>{shown}</span>;
        })}
      </div>
      {cut && <p class="notice">Only the first {formatCount(MAX_CHARACTERS)} characters were compared.</p>}
    </>
  );
}

function diffOf(left: string, right: string): DiffRun[] {
  const whole = left.length + right.length <= MAX_WORD_CHARACTERS;
  const pattern = whole ? /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu : /[^\n]*\n?/g;
  const a = left.slice(0, MAX_CHARACTERS).match(pattern) ?? [];
  const b = right.slice(0, MAX_CHARACTERS).match(pattern) ?? [];
  const runs: DiffRun[] = [];
  const add = (kind: DiffRun['kind'], texts: readonly string[]): void => {
    if (texts.length === 0) return;
    const last = runs.at(-1);
    const text = texts.join('');
    if (last?.kind === kind) runs[runs.length - 1] = { kind, text: last.text + text };
    else runs.push({ kind, text });
  };
  let [fromA, fromB] = [0, 0];
  const pairs = matchedPairs(a, b);
  for (const [i, j] of [...pairs, [a.length, b.length] as const]) {
    add('removed', a.slice(fromA, i));
    add('added', b.slice(fromB, j));
    add('same', a.slice(i, i + 1));
    [fromA, fromB] = [i + 1, j + 1];
  }
  return runs;
}

function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

interface HeldContents {
  readonly contents?: ReturnType<typeof stepContents>;
  readonly problem?: RequestProblem;
  readonly retry: () => void;
}

/** The contents of a step; of none, if the session has no such step. */
function useContents(node: SessionNode | undefined): HeldContents {
  const key = (node?.events ?? []).slice(0, MAX_EVENTS).join(' ');
  const [attempt, setAttempt] = useState(0);
  const [held, setHeld] = useState<Omit<HeldContents, 'retry'> & { readonly key?: string }>({});
  useEffect(() => {
    const abort = new AbortController();
    const numbers = key === '' ? [] : key.split(' ');
    const requests = numbers.map((number) => requestJson<EventDetail>(`/api/events/${number}`, abort.signal));
    Promise.all(requests).then(
      (details) => setHeld({ key, contents: stepContents(details.map(({ event }) => event)) }),
      (error: unknown) => {
        if (!abort.signal.aborted) setHeld({ key, problem: asProblem(error) });
      },
    );
    return () => abort.abort();
  }, [key, attempt]);
  const retry = () => setAttempt(attempt + 1);
  return held.key === key ? { ...held, retry } : { retry };
}
