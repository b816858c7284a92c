import { derivedId } from '../ids.js';
import type { ScriptedItem } from '../scripting/scenario.js';
import { fragments } from '../text-chunks.js';

/** The item of a hosted tool from a scenario. `hosted` distinguishes it from items that this server makes. */
export interface HostedItem {
  readonly id: string;
  readonly type: string;
  readonly [member: string]: unknown;
}

/** An event about such an item, without a sequence number. */
export interface HostedItemEvent {
  readonly type: `response.${string}`;
  readonly item_id: string;
  readonly output_index: number;
  readonly delta?: string;
  readonly [member: string]: unknown;
}

interface HostedKind {
  readonly idPrefix: string;
  /** The events between `added` and the end that only report progress; empty if the tool has none. */
  readonly phases: readonly string[];
  /** Whether there is an event for a failed tool. Without it a failed tool only lacks the event for its completion. */
  readonly reportsFailure?: true;
  /** Placeholders for results that do not exist yet when the item is added. */
  readonly atFirst?: Readonly<Record<string, unknown>>;
  /** The member that is sent in deltas, after the first phase. */
  readonly written?: { readonly member: string; readonly event: string };
}

/** Events by item type. Types that are missing here have no events of their own. */
const KINDS: Readonly<Record<string, HostedKind>> = {
  web_search_call: { idPrefix: 'ws_', phases: ['in_progress', 'searching'] },
  file_search_call: {
    idPrefix: 'fs_',
    phases: ['in_progress', 'searching'],
    atFirst: { queries: [], results: null },
  },
  code_interpreter_call: {
    idPrefix: 'ci_',
    phases: ['in_progress', 'interpreting'],
    atFirst: { outputs: null },
    written: { member: 'code', event: 'code_interpreter_call_code' },
  },
  image_generation_call: {
    idPrefix: 'ig_',
    phases: ['in_progress', 'generating'],
    atFirst: { result: null },
  },
  mcp_call: {
    idPrefix: 'mcp_',
    phases: ['in_progress'],
    reportsFailure: true,
    atFirst: { output: null, error: null },
    written: { member: 'arguments', event: 'mcp_call_arguments' },
  },
  mcp_list_tools: {
    idPrefix: 'mcpl_',
    phases: ['in_progress'],
    reportsFailure: true,
    atFirst: { tools: [], error: null },
  },
  mcp_approval_request: { idPrefix: 'mcpr_', phases: [] },
  computer_call: { idPrefix: 'cu_', phases: [] },
  local_shell_call: { idPrefix: 'lsh_', phases: [] },
  shell_call: { idPrefix: 'sh_', phases: [] },
  apply_patch_call: { idPrefix: 'apc_', phases: [] },
  custom_tool_call: {
    idPrefix: 'ctc_',
    phases: [],
    written: { member: 'input', event: 'custom_tool_call_input' },
  },
  compaction: { idPrefix: 'cmp_', phases: [] },
};

export function hostedItem(item: ScriptedItem, seed: string, index: number): HostedItem {
  return { ...item, id: item.id ?? derivedId(KINDS[item.type]?.idPrefix ?? 'item_', seed, index) };
}

/** Types of items that cannot be in a scenario. All others come from one. */
export function isHosted(item: { readonly type: string }): item is HostedItem {
  return item.type !== 'message' && item.type !== 'reasoning' && item.type !== 'function_call';
}

/** The item before the tool has started. */
export function openedItem(item: HostedItem): HostedItem {
  const { written, atFirst } = KINDS[item.type] ?? {};
  const all = { status: 'in_progress', ...atFirst, ...(written && { [written.member]: '' }) };
  // Only members that the item has at its end, because not every item has a status.
  const known = Object.entries(all).filter(([member]) => member in item);
  return { ...item, ...Object.fromEntries(known) };
}

export function* hostedItemEvents(
  item: HostedItem,
  outputIndex: number,
): Generator<HostedItemEvent, void, void> {
  const { phases = [], written, reportsFailure } = KINDS[item.type] ?? {};
  const at = { item_id: item.id, output_index: outputIndex };
  const phase = (name: string): HostedItemEvent => ({ type: `response.${item.type}.${name}`, ...at });

  for (const name of phases.slice(0, 1)) yield phase(name);
  const text = written && item[written.member];
  if (typeof text === 'string' && text !== '') {
    for (const delta of fragments(text)) yield { type: `response.${written?.event}.delta`, ...at, delta };
    yield { type: `response.${written?.event}.done`, ...at, [written?.member ?? '']: text };
  }
  for (const name of phases.slice(1)) yield phase(name);
  if (phases.length === 0) return;
  const failed = item.status === 'failed' || (item.error !== undefined && item.error !== null);
  if (!failed) yield phase('completed');
  else if (reportsFailure) yield phase('failed');
}
