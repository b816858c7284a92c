import type { Attributes, SpanKind } from '@opentelemetry/api';
import type { JsonValue } from '../../../json/json.js';
import type { UnknownRecord } from '../../../json/readers.js';
import { givenFinishReasons, type ModelResponseDetails } from '../../../openai-api/model-response.js';
import * as semconv from '../../../semconv/attributes.js';
import { type GenAiMessage, withFinishReasons } from '../../../semconv/messages.js';
import type {
  AgentDetails,
  ContentOffer,
  ModelRequestDetails,
  SpanStartDetails,
} from '../../../signals/signal.js';
import { contentJson, requestContentAttributes } from '../../../spans/content-attributes.js';
import type { ContentPolicy } from '../../../spans/content-policy.js';
import type { RecordedSpan } from '../../../spans/recorded-span.js';
import type { McpCallStart } from '../../mcp/mcp-span-slot.js';
import type { ToolCallStart } from '../approvable-calls.js';

/** The run that a span belongs to, as far as mappings read it. */
export interface MappedRun {
  /** Returns the configuration of an agent of this run; `undefined` if the agent is unknown. */
  describeAgent(name: string): AgentDetails | undefined;
  /** Returns the reader of the run's input to the first caller only. */
  takeInput(): (() => readonly GenAiMessage[]) | undefined;
}

/** The information beyond its own data that a span's mapping may use. */
export interface MappingContext {
  /** The agent whose span encloses this one. */
  readonly agentName: string | undefined;
  readonly conversationId: string | undefined;
  readonly run: MappedRun | undefined;
  /** Set once the tool's hook has run; the SDK's span does not carry it. */
  readonly toolCall: ToolCallStart | undefined;
  /** Whether a run that the tool started waits for a person. */
  readonly paused?: boolean | undefined;
  /** Reads the arguments that the model passed to a handoff; set once the handoff is carried out. */
  readonly handoffInput?: (() => JsonValue | undefined) | undefined;
  /** Set once the span represents a request to an MCP server. */
  readonly mcpCall?: McpCallStart | undefined;
  readonly content: ContentPolicy;
}

interface MappedStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly details?: (() => SpanStartDetails | undefined) | undefined;
  /** The offer in the details, for a client hook that claims the span. */
  readonly offer?: ContentOffer | undefined;
  /** Makes the attributes that are content. */
  readonly content?: (() => Attributes) | undefined;
}

export interface MappedEnd {
  /** A name that became known after the start. */
  readonly name?: string | undefined;
  readonly attributes: Attributes;
  readonly toolResult?: JsonValue | undefined;
  readonly modelResponse?: ModelResponseDetails | undefined;
  readonly modelRequest?: ModelRequestDetails | undefined;
  readonly modelOutput?: readonly GenAiMessage[] | undefined;
}

/** Maps one type of the SDK's spans to an OpenTelemetry span. Both functions are pure and read unchecked span data. */
export interface SpanMapping {
  /**
   * Whether the span starts when something needs it (a child, a hook, its end) instead of at once. The SDK's span
   * says too little at its start; the attributes for samplers and START events become known a moment later.
   */
  readonly deferred: boolean;
  start(data: UnknownRecord, context: MappingContext): MappedStart;
  /** @param failed - whether the SDK's span carries an error. */
  end(data: UnknownRecord, context: MappingContext, failed: boolean): MappedEnd;
}

/** Returns content as JSON text within the limit; `undefined` if there is none or if spans carry no content. */
export function contentText(
  name: string,
  content: JsonValue | undefined | (() => JsonValue | undefined),
  policy: ContentPolicy,
): string | undefined {
  if (!policy.onSpan) return undefined;
  const value = typeof content === 'function' ? content() : content;
  return value === undefined ? undefined : contentJson(name, value, policy);
}

/** Records the content of a model call, which is known at its end, where the policy lets it stand. */
export function recordModelContent(
  recorded: RecordedSpan,
  {
    modelRequest,
    modelOutput = [],
    modelResponse,
  }: Pick<MappedEnd, 'modelRequest' | 'modelOutput' | 'modelResponse'>,
  policy: ContentPolicy,
): void {
  if (!policy.wanted) return;
  if (modelRequest !== undefined) {
    recorded.setContent(requestContentAttributes(modelRequest), policy);
    recorded.publish(() => ({ type: 'model.request', request: modelRequest }));
  }
  if (modelOutput.length > 0) {
    const messages = withFinishReasons(modelOutput, modelResponse && givenFinishReasons(modelResponse));
    const content = messages as readonly unknown[] as JsonValue[];
    recorded.setContent({ [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: content }, policy);
    recorded.publish(() => ({ type: 'model.output', messages }));
  }
}
