import type { ReadEvent } from '../input/parse-event.js';

/** Lowest first. */
export const SEVERITIES = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

export type SeverityName = (typeof SEVERITIES)[number];

const PREFIX = 'SEVERITY_';

/** The severity's place in {@link SEVERITIES}; absent is `INFO`, one that a newer spec has is above all. */
export function severityRank(event: ReadEvent): number {
  const { severity } = event;
  if (severity === undefined || severity === 'SEVERITY_UNSPECIFIED') return SEVERITIES.indexOf('INFO');
  const rank = SEVERITIES.findIndex((name) => severity === PREFIX + name);
  return rank === -1 ? SEVERITIES.length : rank;
}
