/** Loaded before everything else: `node --import ./telemetry.ts main.ts`. */
import { startServiceTelemetry } from '../service/telemetry.js';

export const telemetry = startServiceTelemetry('streaming-api');
