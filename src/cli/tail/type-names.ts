import { KNOWN_TYPES, shortType } from '../events/event-type.js';

/**
 * The types that a filter names: short or in full, in any case, or a pair by what its START and END have in common.
 * A short name that is none of the spec's is a slip; in full it may be of a newer spec.
 *
 * @throws TypeError - naming the ones that there are.
 */
export function typesNamed(name: string): string[] {
  const given = name.trim().toUpperCase();
  const short = shortType(given);
  if (KNOWN_TYPES.includes(short)) return [short];
  const pair = [`${short}_START`, `${short}_END`];
  if (pair.every((type) => KNOWN_TYPES.includes(type))) return pair;
  if (given !== short && short !== '') return [short];
  throw new TypeError(
    `"${name}" is no event type; take one of ${KNOWN_TYPES.join(', ')}, ` +
      'or a pair such as TOOL_CALL; one of a newer spec in full, as EVENT_TYPE_…',
  );
}
