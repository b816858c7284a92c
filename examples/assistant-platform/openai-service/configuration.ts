/** Environment variables of the platform. */
import { z } from 'zod';
import { decimal, serviceEnvironment, text, wholeNumber } from '../../service/environment.js';
import { abuseVariables } from '../limits/abuse-detector.js';
import { rateLimitVariables } from '../limits/rate-limits.js';
import { monitoringVariables } from '../monitoring/routes.js';
import { apiKeysSchema } from '../principal.js';

const inherited = serviceEnvironment('assistant-platform', 8090).omit({ JAEGER_URL: true });

/** Parameters of the model are sent only if they are set: reasoning models refuse a temperature, for example. */
export const platformEnvironment = inherited.extend({
  WORKERS: z
    .literal('1')
    .transform(Number)
    .default(1)
    .describe('1: conversations, limits and the cache are in the memory of one process'),
  OPENAI_ALLOWED_MODELS: text('names of models with commas between them').optional(),
  OPENAI_MAX_TOKENS: wholeNumber(1, 1_000_000, 2_048),
  OPENAI_TEMPERATURE: decimal(0, 2).optional(),
  OPENAI_TOP_P: decimal(0, 1).optional(),
  OPENAI_PRESENCE_PENALTY: decimal(-2, 2).optional(),
  OPENAI_FREQUENCY_PENALTY: decimal(-2, 2).optional(),
  OPENAI_TIMEOUT_MS: wholeNumber(1, 600_000, 60_000),
  OPENAI_RETRIES: wholeNumber(0, 10, 2),
  OPENAI_RETRY_DELAY_MS: wholeNumber(1, 60_000, 250),
  OPENAI_LONGEST_WAIT_MS: wholeNumber(0, 60_000, 5_000),
  CIRCUIT_FAILURES: wholeNumber(1, 1_000, 5),
  CIRCUIT_RESET_MS: wholeNumber(1, 600_000, 10_000),
  CACHE_ENTRIES: wholeNumber(0, 100_000, 500),
  CACHE_SECONDS: wholeNumber(1, 86_400, 300),
  CONTEXT_TOKENS: wholeNumber(100, 1_000_000, 8_000),
  COMPRESS_TOKENS: wholeNumber(100, 1_000_000, 6_000),
  ...rateLimitVariables,
  ...abuseVariables,
  ...monitoringVariables,
  API_KEYS: apiKeysSchema.describe('entries name:key:role with commas between them'),
});

export type PlatformVariables = z.infer<typeof platformEnvironment>;

/** Models that a request may name: the default one and `OPENAI_ALLOWED_MODELS`. */
export function allowedModels({
  OPENAI_MODEL,
  OPENAI_ALLOWED_MODELS = '',
}: Pick<PlatformVariables, 'OPENAI_MODEL' | 'OPENAI_ALLOWED_MODELS'>): string[] {
  const listed = OPENAI_ALLOWED_MODELS.split(',').map((name) => name.trim());
  return [...new Set([OPENAI_MODEL, ...listed])].filter(Boolean);
}
