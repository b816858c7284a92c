/** A session as a chat: to the model, by it, and by tools. Everything in it is text; a picture is its size and hash. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type {
  Conversation,
  ConversationItem,
  ConversationPart,
  ViewState,
} from '../../../src/cli/view/view-api.ts';
import { Outcome, Time } from '../../parts/facts.tsx';
import { formatBytes, plural } from '../../parts/format.ts';
import { JsonView } from '../../parts/json-view.tsx';
import { Empty, Failed, Waiting } from '../../parts/states.tsx';
import { Inert, LongText } from '../../parts/text.tsx';
import { remPixels, useVirtualizer } from '../../parts/virtual-list.tsx';
import { useAnswer } from '../../shell/api.ts';
import { useKeys } from '../../shell/keyboard.ts';
import { hrefOf } from '../../shell/route.ts';
import './conversation.css';

interface WholeConversationProps {
  readonly address: string;
  readonly state: ViewState;
  readonly session: string;
}

export function WholeConversation({ address, state, session }: WholeConversationProps) {
  const { data, problem, retry } = useAnswer<Conversation>(address, state.generation);
  if (data) return <Chat conversation={data} session={session} keys />;
  if (problem) return <Failed problem={problem} onRetry={retry} />;
  return <Waiting label="Loading the conversation" />;
}

/** The conversation as it was at an event. */
export function ConversationUntil({ address, event }: { readonly address: string; readonly event: number }) {
  const { data, problem, retry } = useAnswer<Conversation>(`${address}/conversation?until=${event}`);
  if (data) return <Chat conversation={data} atEnd />;
  if (problem) return <Failed problem={problem} onRetry={retry} />;
  return <Waiting label="Loading the conversation" />;
}

interface ChatProps {
  readonly conversation: Conversation;
  /** Each item leads to its step of this session. */
  readonly session?: string;
  /** Begin at the last item. */
  readonly atEnd?: boolean;
  readonly keys?: boolean;
}

function Chat({ conversation, session, atEnd = false, keys = false }: ChatProps) {
  const { items, incomplete, omitted } = conversation;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => remPixels(6),
    overscan: 4,
    getItemKey: (index) => index,
  });
  const started = useRef(false);
  useEffect(() => {
    if (!atEnd || started.current || items.length === 0) return;
    started.current = true;
    virtualizer.scrollToIndex(items.length - 1, { align: 'end' });
  }, [atEnd, items.length, virtualizer]);
  const move = (step: number) => {
    const next = Math.max(0, Math.min(items.length - 1, active + step));
    setActive(next);
    virtualizer.scrollToIndex(next, { align: 'auto' });
  };
  useKeys(
    'Conversation',
    keys
      ? [
          { keys: ['j', 'ArrowDown'], help: 'Next message', run: () => move(1) },
          { keys: ['k', 'ArrowUp'], help: 'Previous message', run: () => move(-1) },
        ]
      : [],
  );
  if (items.length === 0) {
    return (
      <Empty title="No messages">
        <p>
          {incomplete ??
            'Nothing was said up to here. Content is recorded if the application captures it; see docs/content.md.'}
        </p>
      </Empty>
    );
  }
  return (
    <div class="chat">
      {incomplete !== undefined && (
        <p class="notice">
          <Inert text={incomplete} max={1000} />
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <div ref={scroller} class="chat-scroll" tabIndex={0} role="region" aria-label="Conversation">
        <div class="virtual" style={{ height: `${virtualizer.getTotalSize()}px` }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const item = items[index];
            return (
              item && (
                <div
                  key={index}
                  ref={virtualizer.measureElement}
                  data-index={index}
                  class="chat-place"
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <ChatItem item={item} session={session} active={index === active} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {omitted > 0 && <p class="notice">{plural(omitted, 'message')} more; the export has all of them.</p>}
    </div>
  );
}

const ROLES: Readonly<Record<ConversationItem['role'], string>> = {
  system: 'System',
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool',
  agent: 'Agent',
  event: 'Event',
};

interface ChatItemProps {
  readonly item: ConversationItem;
  readonly session: string | undefined;
  readonly active: boolean;
}

function ChatItem({ item, session, active }: ChatItemProps) {
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    if (active) element.current?.focus({ preventScroll: true });
  }, [active]);
  return (
    <article ref={element} tabIndex={-1} class={`chat-item role-${item.role}`}>
      <header>
        <strong>{ROLES[item.role]}</strong>
        {item.agent !== undefined && (
          <span>
            <Inert text={item.agent} max={80} />
          </span>
        )}
        <span class="muted">
          <Time time={item.time} millis />
        </span>
        {session !== undefined && (
          <a class="chat-step" href={hrefOf(['session', session], { node: item.event })}>
            Step
          </a>
        )}
      </header>
      {item.parts.map((part, index) => (
        <ChatPart key={`${index} ${part.kind}`} part={part} />
      ))}
    </article>
  );
}

function ChatPart({ part }: { readonly part: ConversationPart }) {
  switch (part.kind) {
    case 'text':
      return <LongText text={part.text} />;
    case 'reasoning':
      return (
        <details class="reasoning">
          <summary>Reasoning</summary>
          <LongText text={part.text} />
        </details>
      );
    case 'tool_call':
      return (
        <div class="chat-tool kind-tool">
          <p>
            <span class="kind-dot" aria-hidden="true" /> Calls{' '}
            <strong>
              <Inert text={part.name} />
            </strong>
          </p>
          <Value value={part.arguments} />
        </div>
      );
    case 'tool_result':
      return (
        <div class="chat-tool kind-tool">
          <p>
            <span class="kind-dot" aria-hidden="true" /> {part.error === undefined ? 'Result' : 'Failure'} of{' '}
            <strong>
              <Inert text={part.name ?? part.id ?? 'a tool'} />
            </strong>
          </p>
          {part.error !== undefined && (
            <div class="bad">
              <LongText text={part.error} />
            </div>
          )}
          <Value value={part.result} />
        </div>
      );
    case 'media':
      return (
        <p class="media">
          <Inert text={part.mimeType ?? 'Media'} />
          {part.bytes !== undefined && `, ${formatBytes(part.bytes)}`}
          {part.sha256 !== undefined && (
            <span class="mono">
              {' '}
              sha256 <Inert text={part.sha256} />
            </span>
          )}
        </p>
      );
    case 'note':
      return (
        <div class="note">
          <span class="tree-kind">
            <Inert text={part.type} max={60} />
          </span>{' '}
          {part.outcome !== 'completed' && <Outcome outcome={part.outcome} />}{' '}
          <LongText text={part.text} max={1000} />
        </div>
      );
    default:
      return <Value value={part.value} />;
  }
}

function Value({ value }: { readonly value: unknown }) {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? <LongText text={value} /> : <JsonView value={value} open={2} />;
}
