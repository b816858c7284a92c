/** One step: the conversation at that point, its facts, and its events as they were recorded. */
import { useEffect, useState } from 'preact/hooks';
import type { EventDetail, SessionNode, ViewState } from '../../../src/cli/view/view-api.ts';
import { CopyButton, kindClass, Outcome, Time } from '../../parts/facts.tsx';
import { formatCost, formatCount, formatDuration, plural } from '../../parts/format.ts';
import { JsonView } from '../../parts/json-view.tsx';
import { Failed, Waiting } from '../../parts/states.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Inert, LongText } from '../../parts/text.tsx';
import { asProblem, type RequestProblem, requestJson } from '../../shell/api.ts';
import { ConversationUntil } from './conversation.tsx';
import { type FactSection, factsOf } from './event-facts.ts';

/** A step with more events than this (a session with thousands of retries) shows the first ones. */
const MAX_EVENTS = 20;

export const DETAIL_TABS = [
  { name: 'details', title: 'Details' },
  { name: 'conversation', title: 'Conversation' },
  { name: 'event', title: 'Event' },
] as const;

interface NodeDetailProps {
  readonly node: SessionNode;
  readonly state: ViewState;
  /** Id of the session, for requests. */
  readonly address: string;
  readonly tab: string;
  readonly onTab: (name: string) => void;
}

export function NodeDetail({ node, state, address, tab, onTab }: NodeDetailProps) {
  const { events, problem, retry } = useEvents(node.events.slice(0, MAX_EVENTS));
  const current = DETAIL_TABS.find(({ name }) => name === tab)?.name ?? 'details';
  return (
    <>
      <header class={`detail-head ${kindClass(node.kind)}`}>
        <h2>
          <span class="kind-dot" aria-hidden="true" /> <span class="tree-kind">{node.kind}</span>{' '}
          {node.name !== undefined && <Inert text={node.name} max={120} />}
        </h2>
        <p class="detail-line">
          <Outcome outcome={node.outcome} />
          <Time time={node.startTime} millis />
          {node.durationMs !== undefined && <span>{formatDuration(node.durationMs)}</span>}
          {node.cost && <span>{formatCost(node.cost.amount, node.cost.currency)}</span>}
        </p>
        <div class="detail-actions">
          <TraceLink template={state.traceLink} node={node} />
          {events && (
            <CopyButton
              label="Copy as JSON"
              text={() =>
                JSON.stringify(
                  events.length === 1 ? events[0]?.event : events.map(({ event }) => event),
                  null,
                  2,
                )
              }
            />
          )}
        </div>
      </header>
      <Tabs
        label="What to show of the step"
        tabs={DETAIL_TABS}
        current={current}
        onChange={onTab}
        panel="detail-panel"
      />
      <div
        id="detail-panel"
        class={`detail-panel panel-${current}`}
        role="tabpanel"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        tabIndex={0}
        aria-label={current}
      >
        {current === 'conversation' && (
          <ConversationUntil address={address} event={node.events.at(-1) ?? 0} />
        )}
        {current !== 'conversation' && problem && <Failed problem={problem} onRetry={retry} />}
        {current !== 'conversation' && !problem && !events && <Waiting label="Loading the events" />}
        {current === 'details' && events && <Facts node={node} events={events} />}
        {current === 'event' &&
          events?.map((event) => (
            <RecordedEvent key={event.number} detail={event} open={events.length < 3} />
          ))}
        {current === 'event' && node.events.length > MAX_EVENTS && (
          <p class="notice">
            {plural(node.events.length - MAX_EVENTS, 'event')} more; the export has all of them.
          </p>
        )}
      </div>
    </>
  );
}

/** A link to the same span in a tracing system, by the template of `--trace-link`. */
function TraceLink({
  template,
  node,
}: {
  readonly template: string | undefined;
  readonly node: SessionNode;
}) {
  if (template === undefined || node.traceId === undefined) return null;
  // The template is the user's own; the ids come from events, so they are encoded.
  const href = template
    .replaceAll('{trace_id}', encodeURIComponent(node.traceId))
    .replaceAll('{span_id}', encodeURIComponent(node.spanId ?? ''));
  if (!/^https?:\/\//.test(href)) return null;
  return (
    <a class="button" href={href} target="_blank" rel="noopener noreferrer">
      Open trace
    </a>
  );
}

function Facts({ node, events }: { readonly node: SessionNode; readonly events: readonly EventDetail[] }) {
  const sections = factsOf(events.map(({ event }) => event));
  const { tokens } = node;
  return (
    <div class="facts">
      {sections
        .filter(({ tone }) => tone !== undefined)
        .map((section) => (
          <FactList key={section.title} section={section} />
        ))}
      {tokens && (
        <section>
          <h3>Tokens and cost</h3>
          <dl class="fact-list">
            <Fact
              name="input"
              value={`${formatCount(tokens.input)}${tokens.cached > 0 ? ` (${formatCount(tokens.cached)} cached)` : ''}`}
            />
            <Fact name="output" value={formatCount(tokens.output)} />
            <Fact name="total" value={formatCount(tokens.total)} />
            {node.cost && <Fact name="cost" value={formatCost(node.cost.amount, node.cost.currency)} />}
          </dl>
        </section>
      )}
      {sections
        .filter(({ tone }) => tone === undefined)
        .map((section) => (
          <FactList key={section.title} section={section} />
        ))}
    </div>
  );
}

function FactList({ section: { title, tone, facts } }: { readonly section: FactSection }) {
  return (
    <section class={tone && `fact-${tone}`}>
      <h3>{title}</h3>
      <dl class="fact-list">
        {facts.map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
      </dl>
    </section>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: unknown }) {
  const nested = typeof value === 'object' && value !== null;
  return (
    <div class={nested ? 'fact nested' : 'fact'}>
      <dt>
        <Inert text={name.replaceAll('_', ' ')} />
      </dt>
      <dd>{nested ? <JsonView value={value} open={1} /> : <LongText text={String(value)} max={2000} />}</dd>
    </div>
  );
}

const HASH_TEXTS = { right: 'Hash is right', wrong: 'Hash is wrong', absent: 'No hash' } as const;

const CHAIN_TEXTS = {
  right: 'Follows the event before it',
  wrong: 'Does not follow the event before it',
  first: 'First of its chain',
  absent: 'No chain',
} as const;

function RecordedEvent({ detail, open }: { readonly detail: EventDetail; readonly open: boolean }) {
  const { event, hash, chain } = detail;
  const chainText =
    chain.state === 'absent' && chain.recorded !== undefined
      ? 'The event before it is not here'
      : CHAIN_TEXTS[chain.state];
  return (
    <section class="recorded">
      <h3>
        <Inert text={String(event.type ?? 'event').replace('EVENT_TYPE_', '')} /> · event{' '}
        {formatCount(detail.number)}
      </h3>
      <p class="muted">
        <Inert text={detail.source} />, line {formatCount(detail.line)}
      </p>
      <p class="proofs">
        <span class={`proof proof-${hash.state}`}>{HASH_TEXTS[hash.state]}</span>
        <span class={`proof proof-${chain.state}`}>{chainText}</span>
        {detail.provable && (
          <a href={`/api/events/${detail.number}/proof`} download={`event-${detail.number}.proof.txt`}>
            Proof
          </a>
        )}
      </p>
      {hash.recorded !== undefined && <HashLine title="recorded" hash={hash.recorded} />}
      {hash.state === 'wrong' && hash.computed !== undefined && (
        <HashLine title="computed" hash={hash.computed} />
      )}
      <JsonView value={event} open={open ? 2 : 1} />
      <CopyButton label="Copy this event" text={() => JSON.stringify(event, null, 2)} />
    </section>
  );
}

function HashLine({ title, hash }: { readonly title: string; readonly hash: string }) {
  return (
    <p class="mono hash">
      <span class="muted">{title}</span> <Inert text={hash} />
    </p>
  );
}

interface HeldEvents {
  readonly events?: readonly EventDetail[];
  readonly problem?: RequestProblem;
  readonly retry: () => void;
}

/** Events do not change, so they are asked for once. A span that ends gets another number, and so another request. */
function useEvents(numbers: readonly number[]): HeldEvents {
  const key = numbers.join(' ');
  const [held, setHeld] = useState<{
    key: string;
    events?: readonly EventDetail[];
    problem?: RequestProblem;
  }>({ key });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    const wanted = key === '' ? [] : key.split(' ');
    Promise.all(wanted.map((number) => requestJson<EventDetail>(`/api/events/${number}`, abort.signal))).then(
      (events) => setHeld({ key, events }),
      (error: unknown) => {
        if (!abort.signal.aborted) setHeld({ key, problem: asProblem(error) });
      },
    );
    return () => abort.abort();
  }, [key, attempt]);
  const { events, problem } = held;
  return {
    ...(events && { events }),
    ...(problem && { problem }),
    retry: () => setAttempt(attempt + 1),
  };
}
