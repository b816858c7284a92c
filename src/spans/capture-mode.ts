/** The environment variable of the GenAI conventions that switches message content on. */
export const CAPTURE_MESSAGE_CONTENT_VARIABLE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';

/** Destinations of message content: nowhere, spans, log records, or both. */
export const CAPTURE_MODES = ['NO_CONTENT', 'SPAN_ONLY', 'EVENT_ONLY', 'SPAN_AND_EVENT'] as const;

export type CaptureMode = (typeof CAPTURE_MODES)[number];

/** Words by which variables are switched on and off. The conventions' earlier versions had `true` and `false` only. */
const ON: ReadonlySet<string> = new Set(['TRUE', '1', 'YES', 'ON']);
const OFF: ReadonlySet<string> = new Set(['FALSE', '0', 'NO', 'OFF']);

/** An unknown value captures no content, as the convention requires, and is reported to `warn`. */
export function modeOfEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): CaptureMode {
  const variable = environment[CAPTURE_MESSAGE_CONTENT_VARIABLE];
  const value = variable?.trim().toUpperCase() ?? '';
  if (value === '' || OFF.has(value)) return 'NO_CONTENT';
  if (ON.has(value)) return 'SPAN_ONLY';
  const mode = CAPTURE_MODES.find((known) => known === value);
  if (mode !== undefined) return mode;
  warn(
    `${CAPTURE_MESSAGE_CONTENT_VARIABLE}=${variable} is unknown and captures nothing; use ${CAPTURE_MODES.join(', ')}, true or false`,
  );
  return 'NO_CONTENT';
}

/** The smallest limit of one attribute of message content, in characters of JSON. */
export const LEAST_CONTENT_LENGTH = 256;
