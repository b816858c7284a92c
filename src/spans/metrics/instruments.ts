import {
  type Attributes,
  type Counter,
  createNoopMeter,
  type Histogram,
  type Meter,
} from '@opentelemetry/api';
import * as metrics from '../../semconv/metrics.js';

/** Counters of a model call's tokens by modality; see `call-metrics.ts`. */
type TokenCounters = Readonly<Record<TokenCounterName, Counter<Attributes>>>;

export type TokenCounterName =
  | 'inputTokens'
  | 'outputTokens'
  | 'cacheReadInputTokens'
  | 'cacheWriteInputTokens'
  | 'reasoningOutputTokens';

/** The instruments of one meter. */
export interface Instruments {
  readonly inferenceDuration: Histogram;
  readonly timeToFirstChunk: Histogram;
  readonly timePerOutputChunk: Histogram;
  readonly operationDuration: Histogram;
  readonly tokenCounters: TokenCounters;
  readonly operationInputTokens: Histogram;
  readonly operationOutputTokens: Histogram;
  /** An instrument of the older convention. Made only if configured, so that no empty metric is exported. */
  readonly tokenUsage: Histogram | undefined;
  readonly invokeAgentDuration: Histogram;
  readonly invokeAgentInferenceCalls: Histogram;
  readonly invokeAgentToolCalls: Histogram;
  readonly invokeWorkflowDuration: Histogram;
  readonly executeToolDuration: Histogram;
  readonly mcpOperationDuration: Histogram;
}

/** Makes the instruments of a meter once. */
export class InstrumentsCache {
  #meter: Meter | undefined;
  #legacy = false;
  #instruments: Instruments | undefined;

  /** Returns `undefined` if there is no meter provider, so that no measuring is done. */
  get(meter: Meter, legacy: boolean): Instruments | undefined {
    if (meter !== this.#meter || legacy !== this.#legacy) {
      this.#meter = meter;
      this.#legacy = legacy;
      this.#instruments = meter === createNoopMeter() ? undefined : createInstruments(meter, legacy);
    }
    return this.#instruments;
  }
}

function createInstruments(meter: Meter, legacy: boolean): Instruments {
  const histogram = ({ name, unit, description, boundaries = [] }: metrics.MetricDefinition) =>
    meter.createHistogram(name, {
      unit,
      description,
      advice: { explicitBucketBoundaries: [...boundaries] },
    });
  const counter = ({ name, unit, description }: metrics.MetricDefinition) =>
    meter.createCounter(name, { unit, description });
  return {
    inferenceDuration: histogram(metrics.METRIC_INFERENCE_DURATION),
    timeToFirstChunk: histogram(metrics.METRIC_INFERENCE_TIME_TO_FIRST_CHUNK),
    timePerOutputChunk: histogram(metrics.METRIC_INFERENCE_TIME_PER_OUTPUT_CHUNK),
    operationDuration: histogram(metrics.METRIC_OPERATION_DURATION),
    tokenCounters: {
      inputTokens: counter(metrics.METRIC_USAGE_INPUT_TOKENS),
      outputTokens: counter(metrics.METRIC_USAGE_OUTPUT_TOKENS),
      cacheReadInputTokens: counter(metrics.METRIC_USAGE_CACHE_READ_INPUT_TOKENS),
      cacheWriteInputTokens: counter(metrics.METRIC_USAGE_CACHE_WRITE_INPUT_TOKENS),
      reasoningOutputTokens: counter(metrics.METRIC_USAGE_REASONING_OUTPUT_TOKENS),
    },
    operationInputTokens: histogram(metrics.METRIC_OPERATION_INPUT_TOKENS),
    operationOutputTokens: histogram(metrics.METRIC_OPERATION_OUTPUT_TOKENS),
    tokenUsage: legacy ? histogram(metrics.METRIC_TOKEN_USAGE) : undefined,
    invokeAgentDuration: histogram(metrics.METRIC_INVOKE_AGENT_DURATION),
    invokeAgentInferenceCalls: histogram(metrics.METRIC_INVOKE_AGENT_INFERENCE_CALLS),
    invokeAgentToolCalls: histogram(metrics.METRIC_INVOKE_AGENT_TOOL_CALLS),
    invokeWorkflowDuration: histogram(metrics.METRIC_INVOKE_WORKFLOW_DURATION),
    executeToolDuration: histogram(metrics.METRIC_EXECUTE_TOOL_DURATION),
    mcpOperationDuration: histogram(metrics.METRIC_MCP_CLIENT_OPERATION_DURATION),
  };
}
