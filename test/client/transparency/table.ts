import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Compared, Run } from './comparison.js';

/** The ways in which a scenario is run, one column each. */
const WAYS = [
  ['uninstrumented', ({ uninstrumented }: Compared): Run | undefined => uninstrumented],
  ['instrumented', ({ instrumented }: Compared): Run | undefined => instrumented],
  ['traceOpenAI()', ({ traced }: Compared): Run | undefined => traced],
] as const;

/**
 * A summary such as `405 scenarios, same observations, openai 7.55.0`, with the numbers of scenarios that differ, that
 * did not end, and that the version does not support.
 */
export function summaryOf(
  compared: ReadonlyMap<string, Compared>,
  begun: number,
  leftOut: number,
  sdkVersion: string,
): string {
  const results = [...compared.values()];
  const differing = results.filter((result) => !isSame(result)).length;
  const ended = results.filter((result) => runsOf(result).every((run) => run !== undefined)).length;
  const verdict = differing === 0 ? 'same observations' : `${differing} with DIFFERENT observations`;
  const broken = begun === ended ? '' : `, ${begun - ended} BROKEN OFF`;
  const missing = leftOut === 0 ? '' : ` (without ${leftOut} for methods that it lacks)`;
  return `${begun} scenarios, ${verdict}${broken}, openai ${sdkVersion}${missing}`;
}

/** One row per scenario: the number of requests and a digest, because the observations are too long for a row. */
export function tableOf(compared: ReadonlyMap<string, Compared>): string {
  const rows = [...compared].map(([name, result]) => [
    name,
    ...runsOf(result).map((run) => {
      if (run === undefined) return 'BROKEN OFF';
      return isSameRun(run, result.uninstrumented) ? digestOf(run) : `${digestOf(run)} DIFFERS`;
    }),
    spansOf(result.instrumented),
  ]);
  const head = ['scenario', ...WAYS.map(([way]) => way), 'spans'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function runsOf(result: Compared): (Run | undefined)[] {
  return WAYS.map(([, runOf]) => runOf(result));
}

function isSame(result: Compared): boolean {
  return runsOf(result).every((run) => run === undefined || isSameRun(run, result.uninstrumented));
}

function isSameRun(run: Run, uninstrumented: Run): boolean {
  return isDeepStrictEqual(run.observation, uninstrumented.observation);
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
