/** `warn` may be intended or cannot be decided from here; `wrong` loses spans or events. */
export const CHECK_LEVELS = ['ok', 'warn', 'wrong'] as const;

export type CheckLevel = (typeof CHECK_LEVELS)[number];

/** The subjects that are checked, in the order of the output. */
export const CHECK_TOPICS = [
  'node',
  'packages',
  'others',
  'hook',
  'environment',
  'exporter',
  'events',
  'program',
] as const;

type CheckTopic = (typeof CHECK_TOPICS)[number];

/** One result of `doctor`. No text of it contains the value of a variable that may be secret. */
export interface Check {
  readonly topic: CheckTopic;
  /** Names the result for programs: `api_copies`. */
  readonly code: string;
  readonly level: CheckLevel;
  /** The finding with its cause, as one sentence without a final stop. */
  readonly text: string;
  /** A command or a change that mends it. */
  readonly fix?: string;
}

/** Makes the checks of one topic. */
export function checksOf(topic: CheckTopic) {
  const make =
    (level: CheckLevel) =>
    (code: string, text: string, fix?: string): Check => ({
      topic,
      code,
      level,
      text,
      ...(fix !== undefined && { fix }),
    });
  return { ok: make('ok'), warn: make('warn'), wrong: make('wrong') };
}
