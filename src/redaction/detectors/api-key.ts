import { maskSecrets } from '../../text/mask-secrets.js';

const MASK = '[REDACTED]';

/** Keys of services that tools call; those of model providers maskSecrets knows. */
const OTHERS: ReadonlyArray<readonly [RegExp, string]> = [
  [/(?<![A-Za-z0-9])(gh[oprsu]_)[A-Za-z0-9_]{20,}/g, `$1${MASK}`],
  [/(?<![A-Za-z0-9])(github_pat_|npm_)[A-Za-z0-9_]{20,}/g, `$1${MASK}`],
  [/(?<![A-Za-z0-9])(glpat-|xox[a-z]-)[A-Za-z0-9_.-]{10,}/g, `$1${MASK}`],
  [/(?<![A-Za-z0-9])(ya29\.|SG\.)[A-Za-z0-9_.-]{10,}/g, `$1${MASK}`],
];

/** Credentials of all kinds, as error texts are masked everywhere in this package, and those of further services. */
export function withoutApiKeys(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of OTHERS) masked = masked.replace(pattern, replacement);
  return maskSecrets(masked);
}
