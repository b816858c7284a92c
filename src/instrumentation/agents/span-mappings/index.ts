import {
  INFERENCE_OPERATIONS,
  SPAN_TYPE_SPEECH,
  SPAN_TYPE_TRANSCRIPTION,
  SPAN_TYPE_TRANSLATION,
} from '../../../semconv/operations.js';
import { agent } from './agent.js';
import { custom } from './custom.js';
import { functionTool } from './function.js';
import { guardrail } from './guardrail.js';
import { handoff } from './handoff.js';
import { mcpTools } from './mcp-tools.js';
import { model } from './model.js';
import type { SpanMapping } from './span-mapping.js';
import { speech, transcription } from './voice.js';

const SPAN_MAPPINGS: ReadonlyMap<unknown, SpanMapping> = new Map([
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

/** Types that are steps of the SDK's runner and not operations; their children become children of their parent. */
const TRANSPARENT: ReadonlySet<unknown> = new Set(['task', 'turn']);

/** Returns the mapping of a type of the SDK's spans; `undefined` if the type gets no OpenTelemetry span. */
export function spanMappingOf(type: unknown): SpanMapping | undefined {
  return TRANSPARENT.has(type) ? undefined : (SPAN_MAPPINGS.get(type) ?? custom);
}

/** The kinds of client calls that a span can represent, by the type of the SDK's span. */
export const CALL_KINDS: ReadonlyMap<unknown, ReadonlySet<string>> = new Map([
  ['response', INFERENCE_OPERATIONS],
  ['generation', INFERENCE_OPERATIONS],
  ['speech', new Set([SPAN_TYPE_SPEECH])],
  ['transcription', new Set([SPAN_TYPE_TRANSCRIPTION, SPAN_TYPE_TRANSLATION])],
]);
