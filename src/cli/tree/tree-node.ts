import type { Cost, Outcome, Tokens } from '../events/measures.js';

/** A row of the tree: a span, made of its START and its END, or a single event. */
export interface TreeNode {
  /** `session`, `agent`, `model`, `tool`, `mcp`; of a single event `input`, `error`, `policy` … */
  readonly kind: string;
  readonly span: boolean;
  readonly spanId: string | undefined;
  parentSpanId: string | undefined;
  name: string | undefined;
  /** What there is to say beyond the name: of single events. */
  summary: string | undefined;
  /** As the event has it, and in milliseconds since the epoch. */
  startedAt: string | undefined;
  startTime: number | undefined;
  endTime: number | undefined;
  /** As the END says itself. */
  durationMs: number | undefined;
  /** Of a single event as of a span; `open` is a span without an END. */
  outcome: Outcome | 'open';
  tokens: Tokens | undefined;
  cost: Cost | undefined;
  /** RETRY events of the span. */
  retries: number;
  readonly children: TreeNode[];
}

/** How long a span took, in milliseconds. */
export function nodeDuration(node: TreeNode): number | undefined {
  if (node.durationMs !== undefined) return node.durationMs;
  return node.startTime === undefined || node.endTime === undefined
    ? undefined
    : node.endTime - node.startTime;
}
