/** Monitoring of one process, put together: meters, history and routes. */
import type { HttpService } from '../../service/http-service.js';
import type { Logger } from '../../service/logger.js';
import { History } from './history.js';
import type { FinishedModelCall } from './model-call-sink.js';
import { PlatformMeters } from './platform-meters.js';
import { monitoringRoutes } from './routes.js';
import type { ScrapeReader } from './scrape-reader.js';

export interface Monitoring {
  readonly meters: PlatformMeters;
  /** `/metrics`, `/monitoring.json` and `/monitoring`. */
  readonly routes: HttpService;
  close(): void;
}

export interface MonitoringSource {
  readonly reader: ScrapeReader;
  readonly onModelCall: (listener: (call: FinishedModelCall) => void) => void;
}

/** Counts model calls and their costs, and logs each with its tokens and the ids of its span. */
export function startMonitoring(
  { reader, onModelCall }: MonitoringSource,
  { intervalSeconds, logger }: { readonly intervalSeconds: number; readonly logger: Logger },
): Monitoring {
  const meters = new PlatformMeters();
  onModelCall((call) => {
    meters.modelCallFinished(call);
    logger.info(
      {
        model: call.model,
        succeeded: call.succeeded,
        input_tokens: call.inputTokens,
        output_tokens: call.outputTokens,
        cost_usd: call.cost,
        ms: call.millis,
        session_id: call.sessionId,
        trace_id: call.traceId,
        span_id: call.spanId,
      },
      'model call',
    );
  });
  const history = new History(() => reader.read(), intervalSeconds);
  const routes = monitoringRoutes({ reader, history, intervalSeconds });
  return { meters, routes, close: () => history.close() };
}
