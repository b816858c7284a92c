import { type Meter, metrics } from '@opentelemetry/api';
import type { AbusePattern } from '../limits/abuse-detector.js';
import type { LimitPolicy } from '../limits/rate-limits.js';
import type { FinishedModelCall } from './model-call-sink.js';
import type { BatchCounts, CircuitPhase, FunctionOutcome, PlatformObserver } from './observer.js';

/** Names of the platform's own metrics. */
export const PLATFORM_METRICS = {
  cache: 'assistant_platform.cache.requests',
  functions: 'assistant_platform.function.duration',
  errors: 'assistant_platform.errors',
  circuit: 'assistant_platform.circuit.state',
  batches: 'assistant_platform.batches',
  batchRequests: 'assistant_platform.batch.requests',
  limited: 'assistant_platform.rate_limited',
  abuse: 'assistant_platform.abuse.findings',
  cost: 'assistant_platform.model.cost_usd',
  http: 'http.server.request.duration',
} as const;

/** One HTTP request that is over. */
export interface MeasuredRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
  /** The code of its problem details. */
  readonly code: string | undefined;
}

const HTTP_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const FUNCTION_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];

/** The value of the gauge for each phase. */
const PHASES: Readonly<Record<CircuitPhase, number>> = { closed: 0, half_open: 1, open: 2 };

/** Names of functions that a model invents are one name after these. */
const MAX_FUNCTIONS = 50;

/** Records what this package's instrumentation does not know: caches, functions, limits, requests and costs. */
export class PlatformMeters implements PlatformObserver {
  readonly #cache;
  readonly #functions;
  readonly #errors;
  readonly #batches;
  readonly #batchRequests;
  readonly #limited;
  readonly #abuse;
  readonly #cost;
  readonly #http;
  readonly #names = new Set<string>();
  #phase: CircuitPhase = 'closed';

  constructor(meter: Meter = metrics.getMeter('assistant-platform')) {
    const counter = (name: string, unit: string, description: string) =>
      meter.createCounter(name, { unit, description });
    const histogram = (name: string, description: string, explicitBucketBoundaries: number[]) =>
      meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries } });
    this.#cache = counter(PLATFORM_METRICS.cache, '{request}', 'Look-ups in the response cache.');
    this.#functions = histogram(PLATFORM_METRICS.functions, 'Duration of function calls.', FUNCTION_SECONDS);
    this.#errors = counter(PLATFORM_METRICS.errors, '{error}', 'Requests to the model endpoint that failed.');
    this.#batches = counter(PLATFORM_METRICS.batches, '{batch}', 'Batches that are over.');
    this.#batchRequests = counter(PLATFORM_METRICS.batchRequests, '{request}', 'Requests of batches.');
    this.#limited = counter(PLATFORM_METRICS.limited, '{request}', 'Requests over a limit.');
    this.#abuse = counter(PLATFORM_METRICS.abuse, '{finding}', 'Patterns of abuse that were found.');
    this.#cost = counter(PLATFORM_METRICS.cost, '{USD}', 'Cost of model calls, from the audit events.');
    this.#http = histogram(PLATFORM_METRICS.http, 'Duration of HTTP requests.', HTTP_SECONDS);
    meter
      .createObservableGauge(PLATFORM_METRICS.circuit, {
        unit: '{phase}',
        description: 'Circuit in front of the model endpoint: 0 closed, 1 half open, 2 open.',
      })
      .addCallback((result) => result.observe(PHASES[this.#phase]));
  }

  cacheHit(model: string): void {
    this.#cache.add(1, { 'cache.result': 'hit', 'gen_ai.request.model': model });
  }

  cacheMiss(model: string): void {
    this.#cache.add(1, { 'cache.result': 'miss', 'gen_ai.request.model': model });
  }

  functionCalled(name: string, outcome: FunctionOutcome, seconds: number): void {
    if (this.#names.size < MAX_FUNCTIONS) this.#names.add(name);
    const known = this.#names.has(name) ? name : 'other';
    this.#functions.record(seconds, { 'function.name': known, 'function.outcome': outcome });
  }

  requestFailed(code: string): void {
    this.#errors.add(1, { 'error.type': code });
  }

  circuitChanged(phase: CircuitPhase): void {
    this.#phase = phase;
  }

  batchFinished(status: string, { completed, failed }: BatchCounts): void {
    this.#batches.add(1, { 'batch.status': status });
    this.#batchRequests.add(completed, { 'batch.outcome': 'completed' });
    this.#batchRequests.add(failed, { 'batch.outcome': 'failed' });
  }

  requestLimited(policy: LimitPolicy): void {
    this.#limited.add(1, { 'limit.policy': policy });
  }

  abuseFound(pattern: AbusePattern, outcome: 'deny' | 'review'): void {
    this.#abuse.add(1, { 'abuse.pattern': pattern, 'abuse.outcome': outcome });
  }

  modelCallFinished({ model, cost }: FinishedModelCall): void {
    if (cost !== undefined) this.#cost.add(cost, { 'gen_ai.request.model': model });
  }

  requestFinished({ method, route, status, seconds, code }: MeasuredRequest): void {
    this.#http.record(seconds, {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      ...(status >= 400 && { 'error.type': code ?? String(status) }),
    });
  }
}
