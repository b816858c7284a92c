export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether a stream gets colour: on a terminal, unless `NO_COLOR` says no or the terminal is a dumb one. `FORCE_COLOR`
 * decides alone where it is set, as in Node itself: `0` and `false` are no, anything else is yes.
 */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: Environment): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  // https://no-color.org: present and not empty.
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  return stream.isTTY === true && TERM !== 'dumb';
}
