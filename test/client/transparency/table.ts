import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Compared, Run } from './comparison.js';

/**
 * `405 scenarios, same observations, openai 7.55.0`, or how many differ or came to no end; and how many the version
 * lacks.
 */
export function summaryOf(
  compared: ReadonlyMap<string, Compared>,
  begun: number,
  leftOut: number,
  sdkVersion: string,
): string {
  const differing = [...compared.values()].filter((result) => !isSame(result)).length;
  const verdict = differing === 0 ? 'same observations' : `${differing} with DIFFERENT observations`;
  const broken = begun === compared.size ? '' : `, ${begun - compared.size} BROKEN OFF`;
  const missing = leftOut === 0 ? '' : ` (without ${leftOut} for methods that it lacks)`;
  return `${begun} scenarios, ${verdict}${broken}, openai ${sdkVersion}${missing}`;
}

/** A row a scenario; what was seen is too long for a row, so its requests are counted and the rest is a digest. */
export function tableOf(compared: ReadonlyMap<string, Compared>): string {
  const rows = [...compared].map(([name, result]) => [
    name,
    digestOf(result.uninstrumented),
    isSame(result) ? digestOf(result.instrumented) : `${digestOf(result.instrumented)} DIFFERS`,
    spansOf(result.instrumented),
  ]);
  return [['scenario', 'uninstrumented', 'instrumented', 'spans'], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function isSame({ uninstrumented, instrumented }: Compared): boolean {
  return isDeepStrictEqual(uninstrumented.observation, instrumented.observation);
}

function digestOf({ observation, requests }: Run): string {
  const digest = createHash('sha256').update(JSON.stringify(observation)).digest('hex').slice(0, 8);
  return `${requests} × HTTP, ${digest}`;
}

/** `2 × chat plain, embeddings text-embedding-3-small` */
function spansOf({ spans }: Run): string {
  const counts = new Map<string, number>();
  for (const name of spans) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`)).join(', ');
}
