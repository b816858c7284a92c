/**
 * The requests of the page of `agent-events view` to its server, and the answers. Requests are GET and answers JSON, except where
 * stated. The page in `viewer/` imports these types; there is no second description of them.
 *
 * | request | answer |
 * | --- | --- |
 * | `/api/state` | {@link ViewState} |
 * | `/api/changes` | server-sent events `state` with a {@link ViewState}, at most four a second |
 * | `/api/sessions?{@link SessionQuery}` | {@link SessionPage} |
 * | `/api/sessions/{id}` | {@link SessionDetail} |
 * | `/api/sessions/{id}/conversation?until={event}` | {@link Conversation} up to that event, or of the whole session |
 * | `/api/events/{number}` | {@link EventDetail} |
 * | `/api/overview?{@link SessionQuery}` | {@link Overview} |
 * | `/api/compare?left={id}&right={id}` | {@link Comparison} |
 * | `/api/evidence?offset=&limit=` | {@link Evidence}; starts the verification in the background |
 * | `/api/report` | the page of `agent-events report`, `text/html` |
 * | `/api/export/{sessions,events,overview,findings}?format={json,csv}&…` | a file |
 * | `/api/export/session?id={id}&format={json,csv,html}` | a file; html is one page without scripts |
 *
 * Ids are URI components. A failed request has the status 4xx or 5xx and an {@link ApiProblem}.
 */

export interface ApiProblem {
  /** One or two sentences: what failed, and what to do about it. */
  readonly problem: string;
}

export interface ViewState {
  readonly packageVersion: string;
  readonly sources: readonly SourceState[];
  readonly events: number;
  /** Without those of processes, as in the list. */
  readonly sessions: number;
  /** Whether everything that was there at the start has been read. */
  readonly indexed: boolean;
  /** Whether sources may still grow. */
  readonly live: boolean;
  /** Changes whenever any answer may have changed. */
  readonly generation: number;
  /** Where to send telemetry to; absent without `--listen`. */
  readonly receiver?: ReceiverState;
  /** URL of a trace elsewhere, with `{trace_id}` and `{span_id}` in it. */
  readonly traceLink?: string;
}

export interface SourceState {
  readonly name: string;
  readonly bytes?: number;
  readonly bytesRead: number;
  /** Messages about the source: lines that are no events, a read error, a rotation. */
  readonly notices: readonly string[];
}

export interface ReceiverState {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string;
  readonly spans: number;
  readonly events: number;
  /** Requests that were refused, and old events that were removed to stay within the limits. */
  readonly refused: number;
  readonly removed: number;
}

export type ViewOutcome = 'completed' | 'failed' | 'cancelled' | 'open';

/** A row in the table of sessions. Times are milliseconds since the epoch. */
export interface SessionSummary {
  readonly id: string;
  readonly name?: string;
  readonly user?: string;
  readonly agents: readonly string[];
  readonly models: readonly string[];
  readonly tools: readonly string[];
  readonly startTime?: number;
  readonly endTime?: number;
  readonly durationMs?: number;
  readonly outcome: ViewOutcome;
  readonly events: number;
  readonly modelCalls: number;
  readonly toolCalls: number;
  readonly errors: number;
  readonly retries: number;
  readonly decisions: number;
  /** Decisions with another outcome than `allow`. */
  readonly refusals: number;
  readonly tokens: ViewTokens;
  /** By currency. */
  readonly costs: Readonly<Record<string, number>>;
}

export interface ViewTokens {
  readonly input: number;
  readonly output: number;
  readonly total: number;
  /** Part of `input` that came from the provider's cache. */
  readonly cached: number;
}

export const SESSION_ORDERS = [
  'start',
  'duration',
  'agent',
  'events',
  'tokens',
  'cost',
  'errors',
  'retries',
  'decisions',
] as const;

/** The parameters of `/api/sessions`; all are optional, lists are repeated. Patterns may contain `*`. */
export interface SessionQuery {
  readonly sort?: (typeof SESSION_ORDERS)[number];
  readonly order?: 'asc' | 'desc';
  readonly offset?: number;
  /** 100 by default, at most 1,000. */
  readonly limit?: number;
  /** Text that some event of the session contains, upper or lower case. */
  readonly q?: string;
  readonly agent?: readonly string[];
  readonly model?: readonly string[];
  readonly tool?: readonly string[];
  readonly user?: readonly string[];
  readonly session?: readonly string[];
  readonly outcome?: readonly ViewOutcome[];
  /** Only sessions with errors, retries, refusals. */
  readonly has?: readonly ('errors' | 'retries' | 'refusals')[];
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
}

export interface SessionPage {
  readonly total: number;
  readonly rows: readonly SessionSummary[];
  /** Names to choose from in filters, the most frequent first, at most 200 each. */
  readonly choices: Readonly<Record<'agent' | 'model' | 'tool' | 'user', readonly string[]>>;
  /** Part of the events that a text search has read, 0 to 1; 1 is complete. The page asks again until then. */
  readonly searched: number;
}

export interface SessionDetail {
  readonly summary: SessionSummary;
  /** Depth first, so that the children of a node follow it. */
  readonly nodes: readonly SessionNode[];
  /** Number of nodes beyond the limit of 50,000. */
  readonly omitted: number;
}

/** A row of the tree and its bar in the waterfall. */
export interface SessionNode {
  /** `session`, `agent`, `model`, `tool`, `mcp`, or of a single event `input`, `error`, `policy`, `retry` … */
  readonly kind: string;
  /** Whether it has a duration: a START and an END. */
  readonly span: boolean;
  readonly depth: number;
  readonly spanId?: string;
  readonly traceId?: string;
  readonly name?: string;
  readonly summary?: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly durationMs?: number;
  readonly outcome: ViewOutcome;
  readonly tokens?: ViewTokens;
  readonly cost?: { readonly amount: number; readonly currency: string };
  readonly retries: number;
  /** Numbers of its events, in their order. */
  readonly events: readonly number[];
}

/** An event as it was read, with its place and what can be said about it alone. */
export interface EventDetail {
  readonly number: number;
  readonly source: string;
  /** From 1. */
  readonly line: number;
  readonly event: Readonly<Record<string, unknown>>;
  readonly hash: {
    readonly recorded?: string;
    readonly computed?: string;
    /** `absent` without a recorded hash. */
    readonly state: 'right' | 'wrong' | 'absent';
  };
  /**
   * `hash_prev`: whether it is the hash of the event before it in its session. `absent` with a recorded hash means that
   * the event before it is not in the input.
   */
  readonly chain: { readonly recorded?: string; readonly state: 'right' | 'wrong' | 'first' | 'absent' };
  /** The request `/api/events/{number}/proof` returns the proof that `agent-events prove` prints. */
  readonly provable: boolean;
}

export interface Conversation {
  readonly items: readonly ConversationItem[];
  /** Whether messages are missing because content was not captured, or an earlier event is not in the input. */
  readonly incomplete?: string;
  readonly omitted: number;
}

export interface ConversationItem {
  /** Number of the event that has it. */
  readonly event: number;
  readonly time?: number;
  readonly role: 'system' | 'user' | 'assistant' | 'tool' | 'agent' | 'event';
  readonly agent?: string;
  readonly parts: readonly ConversationPart[];
}

/** All texts are inert: the page shows them as text, never as markup. */
export type ConversationPart =
  | { readonly kind: 'text' | 'reasoning'; readonly text: string }
  | { readonly kind: 'tool_call'; readonly id?: string; readonly name: string; readonly arguments: unknown }
  | {
      readonly kind: 'tool_result';
      readonly id?: string;
      readonly name?: string;
      readonly result: unknown;
      readonly error?: string;
    }
  | { readonly kind: 'media'; readonly mimeType?: string; readonly bytes?: number; readonly sha256?: string }
  /** A handoff, guardrail, decision, retry, error: its summary. */
  | { readonly kind: 'note'; readonly type: string; readonly text: string; readonly outcome: ViewOutcome }
  | { readonly kind: 'other'; readonly value: unknown };

export interface Overview {
  readonly sessions: number;
  readonly tokens: ViewTokens;
  readonly costs: Readonly<Record<string, number>>;
  readonly errors: number;
  readonly retries: number;
  /** Width of a bucket in milliseconds. */
  readonly bucketMs: number;
  readonly buckets: readonly OverviewBucket[];
  readonly agents: readonly OverviewRow[];
  readonly models: readonly OverviewRow[];
  readonly tools: readonly OverviewRow[];
  readonly slowest: readonly OverviewCall[];
  readonly mostExpensive: readonly OverviewCall[];
}

export interface OverviewBucket {
  /** Start of the bucket. */
  readonly time: number;
  readonly modelCalls: number;
  readonly operations: number;
  readonly failed: number;
  readonly retries: number;
  readonly tokens: ViewTokens;
  readonly costs: Readonly<Record<string, number>>;
  /** Durations of model calls, in milliseconds. */
  readonly p50?: number;
  readonly p95?: number;
}

export interface OverviewRow {
  readonly name: string;
  readonly calls: number;
  readonly failed: number;
  readonly p50?: number;
  readonly p95?: number;
  readonly tokens: ViewTokens;
  readonly costs: Readonly<Record<string, number>>;
}

export interface OverviewCall {
  readonly session: string;
  readonly event: number;
  readonly kind: string;
  readonly name: string;
  readonly durationMs?: number;
  readonly cost?: { readonly amount: number; readonly currency: string };
}

export interface Comparison {
  readonly left: SessionSummary;
  readonly right: SessionSummary;
  readonly steps: readonly ComparedStep[];
  /** Number of steps of both sessions whose contents were not read, since there are too many. */
  readonly uncompared: number;
  /** Number of nodes beyond the limit of either session. */
  readonly omitted: number;
}

/** A step of two sessions, or of one if the other has none like it. */
export interface ComparedStep {
  readonly left?: SessionNode;
  readonly right?: SessionNode;
  readonly state: 'same' | 'changed' | 'removed' | 'added';
  /**
   * The differences of a changed step: `outcome`, `model` or another `name`, `arguments`, `text`, `result`, `tokens`,
   * `cost`, `duration`.
   */
  readonly differences: readonly string[];
}

export interface Evidence {
  /** `idle` before the first request. */
  readonly state: 'idle' | 'running' | 'done' | 'failed';
  /** Part that was read, 0 to 1. */
  readonly progress: number;
  readonly problem?: string;
  readonly streams: readonly EvidenceStream[];
  readonly keys: readonly { readonly id: string; readonly given: boolean }[];
  readonly anchors: readonly { readonly name: string; readonly state: string }[];
  readonly findings: readonly EvidenceFinding[];
  readonly findingsTotal: number;
  /** Errors among all findings that are listed, not only in this answer. */
  readonly errors: number;
  /** Findings beyond the 10,000 that are listed. */
  readonly findingsOmitted: number;
}

export interface EvidenceStream {
  readonly id: string;
  readonly events: number;
  readonly ended: boolean;
  readonly signed: boolean;
  readonly checkpoints: number;
}

export interface EvidenceFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** The event it is about, if it is about one. */
  readonly event?: number;
  readonly session?: string;
}
