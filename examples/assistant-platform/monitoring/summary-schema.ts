import { z } from '@hono/zod-openapi';

const seconds = z.number().nullable();

const countRow = z.object({ name: z.string(), count: z.number() });
export type CountRow = z.infer<typeof countRow>;

const modelRow = z.object({
  model: z.string(),
  calls: z.number(),
  failed: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  costUsd: z.number(),
  p50Seconds: seconds,
  p95Seconds: seconds,
});
export type ModelRow = z.infer<typeof modelRow>;

const functionRow = z.object({
  name: z.string(),
  calls: z.number(),
  outcomes: z.record(z.string(), z.number()),
  meanSeconds: z.number(),
});
export type FunctionRow = z.infer<typeof functionRow>;

const routeRow = z.object({
  route: z.string(),
  requests: z.number(),
  failed: z.number(),
  p50Seconds: seconds,
  p95Seconds: seconds,
});
export type RouteRow = z.infer<typeof routeRow>;

const totals = z
  .object({
    requests: z.number(),
    failedRequests: z.number(),
    modelCalls: z.number(),
    failedModelCalls: z.number(),
    inputTokens: z.number(),
    outputTokens: z.number(),
    costUsd: z.number(),
    cacheHits: z.number(),
    cacheMisses: z.number(),
    functionCalls: z.number(),
    failedFunctionCalls: z.number(),
    limitedRequests: z.number(),
    abuseFindings: z.number(),
  })
  .describe('Sums since the start of the process.');
export type Totals = z.infer<typeof totals>;

const historySample = totals
  .pick({
    requests: true,
    failedRequests: true,
    inputTokens: true,
    outputTokens: true,
    costUsd: true,
    cacheHits: true,
    cacheMisses: true,
    functionCalls: true,
    failedFunctionCalls: true,
  })
  .extend({
    time: z.int().describe('The end of the interval, in seconds since 1970.'),
    p50Seconds: seconds,
    p95Seconds: seconds,
  })
  .describe('What happened in one interval. Counts are those of the interval.');
export type HistorySample = z.infer<typeof historySample>;

const summary = z.object({
  totals,
  responseTime: z
    .object({ p50Seconds: seconds, p95Seconds: seconds })
    .describe('Of all requests since the start.'),
  circuit: z.enum(['closed', 'half_open', 'open']),
  models: z.array(modelRow),
  functions: z.array(functionRow),
  routes: z.array(routeRow),
  errors: z.array(countRow).describe('Failed requests, by the code of their problem details.'),
  upstreamErrors: z.array(countRow).describe('Failed requests to the model endpoint.'),
  limits: z.array(countRow).describe('Requests over a limit.'),
  abuse: z.array(countRow).describe('Findings, by pattern.'),
  batches: z.array(countRow).describe('Batches that are over, by status.'),
  events: z
    .object({ exported: z.number(), waiting: z.number(), lost: z.number() })
    .describe('Audit events in the file.'),
});
export type Summary = z.infer<typeof summary>;

/** The body of `/monitoring.json`. */
export const monitoringSchema = summary
  .extend({
    started_at: z.iso.datetime(),
    interval_seconds: z.int(),
    history: z.array(historySample),
  })
  .openapi('Monitoring');
