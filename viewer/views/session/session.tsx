/** One session: its tree with the waterfall beside it, or the whole of it as a conversation. */
import { useMemo } from 'preact/hooks';
import type { SessionDetail, SessionNode, ViewState } from '../../../src/cli/view/view-api.ts';
import { CopyButton, Outcome, Time } from '../../parts/facts.tsx';
import { formatCosts, formatCount, formatDuration, plural } from '../../parts/format.ts';
import { Menu } from '../../parts/menu.tsx';
import { Empty, Failed, Waiting } from '../../parts/states.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Inert, SearchedText } from '../../parts/text.tsx';
import type { ViewProps } from '../../routes.ts';
import { useAnswer } from '../../shell/api.ts';
import { useKeys } from '../../shell/keyboard.ts';
import { goTo, hrefOf, type Route, replaceParams } from '../../shell/route.ts';
import { WholeConversation } from './conversation.tsx';
import { DETAIL_TABS, NodeDetail } from './node-detail.tsx';
import { PaneSeparator, useSplit } from './pane-separator.tsx';
import { SessionTree } from './session-tree.tsx';
import './session.css';

const TABS = [
  { name: 'tree', title: 'Tree' },
  { name: 'conversation', title: 'Conversation' },
] as const;

export function SessionView({ route, state }: ViewProps) {
  const id = route.path[1] ?? '';
  const address = `/api/sessions/${encodeURIComponent(id)}`;
  const { data, problem, retry } = useAnswer<SessionDetail>(address, state.generation);
  const tab = route.query.get('tab') === 'conversation' ? 'conversation' : 'tree';
  const show = (name: string) => replaceParams({ tab: name });
  useKeys('Session', [
    { keys: ['v'], help: 'Tree or conversation', run: () => show(tab === 'tree' ? 'conversation' : 'tree') },
    { keys: ['u'], help: 'Back to the sessions', run: () => goTo('#/sessions') },
  ]);

  if (!data) {
    return (
      <>
        <h1 class="visually-hidden">Session</h1>
        {problem ? <Failed problem={problem} onRetry={retry} /> : <Waiting label="Loading the session" />}
      </>
    );
  }
  return (
    <SearchedText.Provider value={route.query.get('q') ?? ''}>
      <div class="session">
        <SessionHead detail={data} />
        <Tabs label="Views of the session" tabs={TABS} current={tab} onChange={show} panel="session-panel" />
        <div id="session-panel" class="session-panel" role="tabpanel" aria-label={tab}>
          {tab === 'conversation' ? (
            <WholeConversation address={`${address}/conversation`} state={state} session={id} />
          ) : (
            <TreeAndDetail detail={data} route={route} state={state} address={address} />
          )}
        </div>
      </div>
    </SearchedText.Provider>
  );
}

interface TreeAndDetailProps {
  readonly detail: SessionDetail;
  readonly route: Route;
  readonly state: ViewState;
  readonly address: string;
}

function TreeAndDetail({ detail, route, state, address }: TreeAndDetailProps) {
  const wanted = Number(route.query.get('node') ?? Number.NaN);
  const [split, setSplit] = useSplit();
  const selected = useMemo(() => nodeOf(detail.nodes, wanted), [detail, wanted]);
  const select = (node: SessionNode) => replaceParams({ node: String(node.events[0] ?? '') });
  const show = (name: string) => replaceParams({ detail: name });
  // Here, since a key may follow before the step that it is about is shown.
  useKeys(
    'Details',
    DETAIL_TABS.map(({ name, title }, index) => ({
      keys: [String(index + 1)],
      help: title,
      run: () => show(name),
    })),
  );
  if (detail.nodes.length === 0) {
    return (
      <Empty title="Nothing of this session is left">
        <p>
          Its events were removed to stay within --max-size. Start the command with a larger one to keep more.
        </p>
      </Empty>
    );
  }
  return (
    <div class="tree-and-detail" style={{ '--split': split }}>
      <SessionTree detail={detail} selected={selected} onSelect={select} />
      <PaneSeparator part={split} onChange={setSplit} />
      <section class="detail" id="step-detail" aria-label="Selected step">
        {selected ? (
          <NodeDetail
            key={selected.events[0]}
            node={selected}
            state={state}
            address={address}
            tab={route.query.get('detail') ?? ''}
            onTab={show}
          />
        ) : (
          <Empty title="Select a step">
            <p>Click a row, or press j. Its conversation, request, cost and event appear here.</p>
          </Empty>
        )}
      </section>
    </div>
  );
}

function SessionHead({ detail: { summary, omitted } }: { readonly detail: SessionDetail }) {
  const { tokens } = summary;
  const facts: readonly (readonly [string, preact.ComponentChildren])[] = [
    ['Outcome', <Outcome outcome={summary.outcome} />],
    ['Started', <Time time={summary.startTime} />],
    ['Duration', formatDuration(summary.durationMs)],
    ['Model calls', formatCount(summary.modelCalls)],
    ['Tool calls', formatCount(summary.toolCalls)],
    [
      'Tokens',
      tokens.total > 0 &&
        `${formatCount(tokens.input)} in${tokens.cached > 0 ? ` (${formatCount(tokens.cached)} cached)` : ''}, ${formatCount(tokens.output)} out`,
    ],
    ['Cost', formatCosts(summary.costs)],
    ['Errors', summary.errors > 0 && <span class="bad">{formatCount(summary.errors)}</span>],
    ['Retries', summary.retries > 0 && <span class="warn">{formatCount(summary.retries)}</span>],
    ['Refusals', summary.refusals > 0 && <span class="warn">{formatCount(summary.refusals)}</span>],
    ['User', summary.user !== undefined && <Inert text={summary.user} max={60} />],
  ];
  const file = (format: string) =>
    `/api/export/session?id=${encodeURIComponent(summary.id)}&format=${format}`;
  return (
    <header class="session-head">
      <div class="session-title">
        <h1>
          <Inert text={summary.name ?? summary.id} max={120} />
        </h1>
        <CopyButton label="Copy id" text={() => summary.id} />
        <a class="button" href={hrefOf(['compare'], { left: summary.id })}>
          Compare
        </a>
        <Menu label="Export" end>
          <a href={file('html')} download>
            As one HTML page, to send
          </a>
          <a href={file('json')} download>
            As JSON
          </a>
          <a href={file('csv')} download>
            As CSV
          </a>
        </Menu>
      </div>
      <dl class="session-facts">
        {facts.map(
          ([title, value]) =>
            value !== '' &&
            value !== false && (
              <div key={title}>
                <dt>{title}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {omitted > 0 && (
        <p class="notice">
          {plural(omitted, 'step')} beyond the first 50,000 {omitted === 1 ? 'is' : 'are'} not shown; the
          export has all of them.
        </p>
      )}
    </header>
  );
}

/** The node that an event belongs to. */
function nodeOf(nodes: readonly SessionNode[], event: number): SessionNode | undefined {
  return Number.isNaN(event) ? undefined : nodes.find(({ events }) => events.includes(event));
}
