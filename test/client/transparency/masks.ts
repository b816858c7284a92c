import type { Observation } from './observation.js';

/** Random texts, with the part that is kept. The whole match distinguishes them. */
const RANDOM: readonly RegExp[] = [
  /\b([a-z]+)[_-](?=[\w-]*[0-9a-f]{16})[\w-]{16,}/g,
  /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g,
  /-*(formdata)-undici-\d+/g,
  /\b(log)_[0-9a-f]{6}\b/g,
];

/** Texts with a time or a place, whose values do not matter. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/(127\.0\.0\.1|localhost):\d+/g, '$1:‹port›'],
  [/\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT/g, '‹date›'],
  [/\b1[6-9]\d{8}(\.\d+)?\b/g, '‹time›'],
  [/('openai-processing-ms': )'\d+'/g, "$1'‹ms›'"],
  [/\b\d+(\.\d+)?ms\b/g, '‹ms›'],
];

const EPOCH_START = 1_600_000_000;
const EPOCH_END = 2_000_000_000;
/** Names of members whose whole value is random. */
const CHANGING_NAMES = new Set(['openai-processing-ms', 'encrypted_content']);

/**
 * Masks the parts that differ between runs. Ids are numbered by their first appearance, so that equal values stay
 * equal.
 */
export function mask(observation: Observation): Observation {
  const seen = new Map<string, string>();
  const maskText = (text: string): string => {
    const stable = RANDOM.reduce(
      (masked, pattern) =>
        masked.replace(pattern, (match: string, prefix: unknown) => {
          const label = typeof prefix === 'string' ? prefix : 'uuid';
          if (!seen.has(match)) seen.set(match, `‹${label} ${seen.size + 1}›`);
          return seen.get(match) ?? match;
        }),
      text,
    );
    return CHANGING.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), stable);
  };
  const visit = (value: Observation, name?: string): Observation => {
    if (name !== undefined && CHANGING_NAMES.has(name)) return `‹${name}›`;
    if (typeof value === 'string') return maskText(value);
    if (typeof value === 'number') return value >= EPOCH_START && value < EPOCH_END ? '‹time›' : value;
    if (Array.isArray(value)) return value.map((item) => visit(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [maskText(key), visit(item, key)]));
  };
  return visit(observation);
}
