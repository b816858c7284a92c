import { agent } from './agent.js';
import { custom } from './custom.js';
import { functionTool } from './function.js';
import { guardrail } from './guardrail.js';
import { handoff } from './handoff.js';
import { mcpTools } from './mcp-tools.js';
import { model } from './model.js';
import type { SpanMapping } from './span-mapping.js';
import { speech, transcription } from './voice.js';

const SPAN_KINDS: ReadonlyMap<unknown, SpanMapping> = new Map([
  ['agent', agent],
  ['function', functionTool],
  ['generation', model],
  ['guardrail', guardrail],
  ['handoff', handoff],
  ['mcp_tools', mcpTools],
  ['response', model],
  ['speech', speech],
  ['transcription', transcription],
]);

/** The SDK's types that are steps of its runner and no operation: what they enclose hangs under what encloses them. */
const TRANSPARENT: ReadonlySet<unknown> = new Set(['task', 'turn']);

/** What a span of this type becomes; `undefined` where it gets no span of its own. */
export function spanMappingOf(type: unknown): SpanMapping | undefined {
  return TRANSPARENT.has(type) ? undefined : (SPAN_KINDS.get(type) ?? custom);
}
