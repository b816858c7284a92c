import { serviceEnvironment, text, wholeNumber } from '../service/environment.js';

/** The variables of this service. */
export const streamingApiEnvironment = serviceEnvironment('streaming-api', 8080).extend({
  DATABASE_FILE: text('the path of a file').optional(),
  SESSION_MAX_ITEMS: wholeNumber(10, 100_000, 1_000),
  HEARTBEAT_SECONDS: wholeNumber(1, 3_600, 15),
  DISCONNECT_GRACE_MS: wholeNumber(0, 600_000, 3_000),
  STREAM_KEPT_SECONDS: wholeNumber(1, 86_400, 300),
  RUN_SECONDS: wholeNumber(1, 3_600, 120),
});
