/**
 * Spans that other instrumentations or the application made, beside those of this package. Another instrumentation of
 * the same client describes the same call once more: its span encloses ours, or ours encloses it.
 */
import type { Guard } from '../diagnostics/guard.js';
import { oneOf } from '../options/option-rules.js';
import * as semconv from '../semconv/attributes.js';
import { INFERENCE_OPERATIONS } from '../semconv/operations.js';
import { PACKAGE_NAME } from '../version.js';
import type { SpanRole } from './spans/span-role.js';
import { type SpanSnapshot, textAttribute } from './spans/span-snapshot.js';
import { withAttributes } from './spans/translation/translate-span.js';

/** The events of spans that this package did not make: see `foreignSpans` of `ChaukasSpanProcessorConfig`. */
export type ForeignSpans = 'complement' | 'ignore' | 'all';

export const FOREIGN_SPANS_RULE = oneOf(['complement', 'ignore', 'all']);

export const DEFAULT_FOREIGN_SPANS: ForeignSpans = 'complement';

/** How to switch off the second instrumentation of `openai`, by the name of its scope. */
const SWITCHES: Readonly<Record<string, string>> = {
  '@opentelemetry/instrumentation-openai':
    'set OTEL_NODE_DISABLED_INSTRUMENTATIONS=openai, or take OpenAIInstrumentation out of your list',
  '@arizeai/openinference-instrumentation-openai':
    'take OpenAIInstrumentation of OpenInference out of your list',
  '@traceloop/instrumentation-openai':
    'take OpenAIInstrumentation of OpenLLMetry out of your list, or pass instrumentModules without openAI to Traceloop',
  '@sentry/node': 'leave the OpenAI integration out of the integrations of Sentry.init()',
};

export function isForeign({ instrumentationScope }: SpanSnapshot): boolean {
  return instrumentationScope?.name !== PACKAGE_NAME;
}

/** Warns once that another instrumentation records the same calls, and says how to switch one of the two off. */
export function warnOfSecondRecord({ instrumentationScope }: SpanSnapshot, guard: Guard): void {
  const scope = instrumentationScope?.name ?? '';
  const how = Object.hasOwn(SWITCHES, scope)
    ? SWITCHES[scope]
    : 'take it out of your list of instrumentations';
  guard.warnOnce(
    `"${scope}" records calls that this package records, too. The events have each call once (foreignSpans: ` +
      `'complement'), but the traces have two spans for it. To switch the other one off, ${how}. To switch this one ` +
      'off, take OpenAIAgentsInstrumentation out of your list.',
  );
}

/**
 * Whether two spans, one of which encloses the other, describe one operation. Names that only one of them has decide
 * nothing: an instrumentation may set its attributes later.
 */
export function describeSameOperation(role: SpanRole, span: SpanSnapshot, other: SpanSnapshot): boolean {
  switch (role) {
    case 'model':
      return operationOf(span) === operationOf(other) && sameModel(modelsOf(span), modelsOf(other));
    case 'tool':
      return agree(span, other, semconv.ATTR_GEN_AI_TOOL_NAME, semconv.ATTR_GEN_AI_TOOL_CALL_ID);
    case 'agent':
      return agree(span, other, semconv.ATTR_GEN_AI_AGENT_NAME, semconv.ATTR_GEN_AI_AGENT_ID);
    case 'mcp':
      return agree(span, other, semconv.ATTR_MCP_METHOD_NAME, semconv.ATTR_GEN_AI_TOOL_NAME);
    default:
      return false;
  }
}

/** Returns the span without its tokens and its cost, which other spans state. */
export function withoutUsage(span: SpanSnapshot): SpanSnapshot {
  const stated = Object.entries(span.attributes).filter(([name]) => !name.startsWith('gen_ai.usage.'));
  return withAttributes(span, {
    ...Object.fromEntries(stated),
    [semconv.ATTR_OPENAI_AGENTS_USAGE_AGGREGATED]: true,
  });
}

/** Instrumentations disagree on the name of an inference: `chat` and `text_completion`. */
function operationOf(span: SpanSnapshot): string | undefined {
  const operation = textAttribute(span, semconv.ATTR_GEN_AI_OPERATION_NAME);
  if (operation === undefined) return textAttribute(span, semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE);
  return INFERENCE_OPERATIONS.has(operation) ? 'inference' : operation;
}

function modelsOf(span: SpanSnapshot): string[] {
  return [semconv.ATTR_GEN_AI_REQUEST_MODEL, semconv.ATTR_GEN_AI_RESPONSE_MODEL].flatMap(
    (name) => textAttribute(span, name) ?? [],
  );
}

/** A response names a dated version of the model that was asked for. */
function sameModel(models: readonly string[], others: readonly string[]): boolean {
  if (models.length === 0 || others.length === 0) return true;
  return models.some((model) => others.some((other) => model.startsWith(other) || other.startsWith(model)));
}

function agree(span: SpanSnapshot, other: SpanSnapshot, ...names: readonly string[]): boolean {
  return names.every((name) => {
    const [value, otherValue] = [textAttribute(span, name), textAttribute(other, name)];
    return value === undefined || otherValue === undefined || value === otherValue;
  });
}
