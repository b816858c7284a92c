import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRoute, z } from '@hono/zod-openapi';
import { wholeNumber } from '../../service/environment.js';
import { createRouter, type HttpService } from '../../service/http-service.js';
import { pageHeaders, staticFiles } from '../../service/static-files.js';
import type { History } from './history.js';
import { prometheusText, type ScrapeReader } from './scrape-reader.js';
import { summaryOf } from './summary.js';
import { monitoringSchema } from './summary-schema.js';

/** The variables of the monitoring. */
export const monitoringVariables = { MONITORING_SECONDS: wholeNumber(1, 3_600, 5) };

export interface MonitoringOptions {
  readonly reader: ScrapeReader;
  readonly history: History;
  /** Time between two samples of the history. */
  readonly intervalSeconds: number;
}

const pageFolder = fileURLToPath(new URL('../page/', import.meta.url));
const require = createRequire(import.meta.url);
const chartFolder = path.join(path.dirname(require.resolve('uplot/package.json')), 'dist');

/** `GET /metrics` for Prometheus, and the page `/monitoring` with the numbers that it shows, `/monitoring.json`. */
export function monitoringRoutes({ reader, history, intervalSeconds }: MonitoringOptions): HttpService {
  const app = createRouter();
  app.openapi(metricsRoute, async (c) =>
    c.text(prometheusText(await reader.read()), 200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  );
  app.openapi(summaryRoute, async (c) =>
    c.json(
      {
        started_at: new Date(performance.timeOrigin).toISOString(),
        interval_seconds: intervalSeconds,
        ...summaryOf(await reader.read()),
        history: [...history.samples()],
      },
      200,
      { 'cache-control': 'no-store' },
    ),
  );
  app.get('/monitoring', pageHeaders(), staticFiles({ folder: pageFolder, file: 'monitoring.html' }));
  app.use('/monitoring/*', pageHeaders());
  app.get('/monitoring/uplot/*', staticFiles({ folder: chartFolder, below: '/monitoring/uplot/' }));
  app.get('/monitoring/*', staticFiles({ folder: pageFolder, below: '/monitoring/' }));
  return app;
}

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Metrics of the process for Prometheus',
  tags: ['monitoring'],
  responses: {
    200: { description: "Prometheus' text format.", content: { 'text/plain': { schema: z.string() } } },
  },
});

const summaryRoute = createRoute({
  method: 'get',
  path: '/monitoring.json',
  summary: 'The numbers of the monitoring page: sums since the start, and samples of the last hour',
  tags: ['monitoring'],
  responses: {
    200: { description: 'The numbers.', content: { 'application/json': { schema: monitoringSchema } } },
  },
});
