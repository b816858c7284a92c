/** Environment variables as checked and typed values. */
import { z } from 'zod';

/** The variables that both services have. A service adds its own with `.extend({ … })`. */
export function serviceEnvironment(service: string, port: number) {
  return z.object({
    PORT: wholeNumber(0, 65_535, port),
    HOST: text('an address to listen on, such as 127.0.0.1').default('127.0.0.1'),
    WORKERS: wholeNumber(1, 64, 1),
    LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .describe('one of trace, debug, info, warn, error, fatal, silent'),
    LOG_FILE: text('the path of a file').optional(),
    CORS_ORIGIN: text('* or origins with commas between them').optional(),
    BODY_LIMIT_BYTES: wholeNumber(1, 1_073_741_824, 1_048_576),
    SHUTDOWN_SECONDS: wholeNumber(0, 3_600, 30),
    JAEGER_URL: webAddress().optional(),
    OPENAI_API_KEY: text('the key of the model endpoint').optional(),
    OPENAI_BASE_URL: webAddress().optional(),
    OPENAI_MODEL: text('the name of a model').default('gpt-5-mini'),
    OUTPUT_DIR: text('the path of a folder').default(`demo-output/${service}`),
  });
}

export type ServiceVariables = z.infer<ReturnType<typeof serviceEnvironment>>;

/** A whole number. Its description completes the sentence "set it to …" of an error, as in all of these. */
export function wholeNumber(min: number, max: number, byDefault: number) {
  return z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .default(byDefault)
    .describe(`a whole number from ${min} to ${max}`);
}

/** A decimal number. */
export function decimal(min: number, max: number) {
  return z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .describe(`a number from ${min} to ${max}`);
}

export function text(description: string) {
  return z.string().min(1).describe(description);
}

export function webAddress() {
  return z.url({ protocol: /^https?$/ }).describe('an http or https address');
}

/**
 * Checks the variables of a schema. An empty or blank variable counts as unset.
 *
 * @throws Error - naming each wrong variable, its value and what to set. The value of a key is not shown.
 *
 * @example
 * const environment = readEnvironment(serviceEnvironment('streaming-api', 8080));
 */
export function readEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  env: NodeJS.ProcessEnv = process.env,
): z.infer<Schema> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = env[name]?.trim();
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const wrong = new Set(result.error.issues.map((issue) => String(issue.path[0])));
  throw new Error([...wrong].map((name) => explain(name, given[name], schema)).join(' '));
}

function explain(name: string, value: string | undefined, schema: z.ZodObject): string {
  const accepted = describedAs(schema.shape[name]) ?? 'a value that the service accepts';
  if (value === undefined) return `${name} is not set: set it to ${accepted}.`;
  const shown = /KEY|TOKEN|SECRET|PASSWORD/.test(name) ? 'not accepted' : `"${value}"`;
  return `${name} is ${shown}: set it to ${accepted}.`;
}

/** A schema is described itself, or the one that it makes optional or gives a default. */
function describedAs(schema: unknown): string | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  if (schema.description !== undefined) return schema.description;
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? describedAs(schema.unwrap())
    : undefined;
}
