import { canonicalJson } from '../../../chaukas/canonical-json.js';
import type { JsonValue } from '../../../json/json.js';
import type { ReadEvent } from '../../input/read-events.js';
import type { ComparedStep, Comparison, SessionDetail, SessionNode } from '../view-api.js';
import { type AlignedStep, alignSteps } from './align-steps.js';
import { CONTENT_PARTS, type StepContents, stepContents } from './step-contents.js';

/** Pairs of steps whose contents are read: more than anyone looks through, and few enough for a second. */
export const MAX_READ_STEPS = 2000;

/** A START and an END. A file that repeats them makes more. */
const MAX_EVENTS_READ = 4;

/** A duration differs if it is by this much, and by a quarter of the longer one: no two runs take the same time. */
export const DURATION_TOLERANCE_MS = 100;
export const DURATION_TOLERANCE = 0.25;

/** Pairs whose events are read together. */
const READ_TOGETHER = 32;

/** Reads events by their numbers. Those that are gone are left out. */
export type ReadEvents = (numbers: readonly number[]) => Promise<ReadonlyMap<number, ReadEvent>>;

/** Aligns two sessions and names the differences of each step. */
export async function compareSessions(
  left: SessionDetail,
  right: SessionDetail,
  readEvents: ReadEvents,
): Promise<Comparison> {
  const aligned = alignSteps(left.nodes, right.nodes);
  const pairs = aligned.filter(isPair);
  const contents = await contentDifferences(pairs.slice(0, MAX_READ_STEPS), readEvents);
  const steps = aligned.map((step): ComparedStep => {
    if (!isPair(step)) {
      return { ...step, state: step.left === undefined ? 'added' : 'removed', differences: [] };
    }
    const differences = [...measureDifferences(step.left, step.right), ...(contents.get(step) ?? [])];
    return { ...step, state: differences.length === 0 ? 'same' : 'changed', differences };
  });
  return {
    left: left.summary,
    right: right.summary,
    steps,
    uncompared: Math.max(pairs.length - MAX_READ_STEPS, 0),
    omitted: left.omitted + right.omitted,
  };
}

type StepPair = Required<AlignedStep>;

function isPair(step: AlignedStep): step is StepPair {
  return step.left !== undefined && step.right !== undefined;
}

function measureDifferences(left: SessionNode, right: SessionNode): string[] {
  const { tokens: a, cost: c } = left;
  const { tokens: b, cost: d } = right;
  return [
    left.outcome !== right.outcome && 'outcome',
    left.name !== right.name && (left.kind === 'model' ? 'model' : 'name'),
    (a?.input !== b?.input || a?.output !== b?.output || a?.total !== b?.total) && 'tokens',
    (c?.currency !== d?.currency || !isSameAmount(c?.amount, d?.amount)) && 'cost',
    left.span && isOtherDuration(left.durationMs, right.durationMs) && 'duration',
  ].filter((difference) => typeof difference === 'string');
}

/** Sums of binary fractions are not exact. */
function isSameAmount(left = 0, right = 0): boolean {
  return Math.abs(left - right) <= 1e-9 * Math.max(Math.abs(left), Math.abs(right));
}

function isOtherDuration(left: number | undefined, right: number | undefined): boolean {
  if (left === undefined || right === undefined) return left !== right;
  const apart = Math.abs(left - right);
  return apart > DURATION_TOLERANCE_MS && apart > DURATION_TOLERANCE * Math.max(left, right);
}

async function contentDifferences(
  pairs: readonly StepPair[],
  readEvents: ReadEvents,
): Promise<Map<AlignedStep, string[]>> {
  const differences = new Map<AlignedStep, string[]>();
  for (let first = 0; first < pairs.length; first += READ_TOGETHER) {
    const together = pairs.slice(first, first + READ_TOGETHER);
    const numbersOf = (nodes: readonly SessionNode[]): number[] =>
      nodes.flatMap(({ events }) => events.slice(0, MAX_EVENTS_READ)).sort((a, b) => a - b);
    const left = await readEvents(numbersOf(together.map((pair) => pair.left)));
    const right = await readEvents(numbersOf(together.map((pair) => pair.right)));
    for (const pair of together) {
      const [a, b] = [contentsOf(pair.left, left), contentsOf(pair.right, right)];
      const changed = CONTENT_PARTS.filter((part) => !isSameContent(a[part], b[part]));
      if (changed.length > 0) differences.set(pair, changed);
    }
  }
  return differences;
}

function contentsOf({ events }: SessionNode, read: ReadonlyMap<number, ReadEvent>): StepContents {
  const found = events.slice(0, MAX_EVENTS_READ).map((number) => read.get(number));
  return stepContents(found.filter((event) => event !== undefined));
}

function isSameContent(left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return left === right;
  try {
    return canonicalJson(left as JsonValue) === canonicalJson(right as JsonValue);
  } catch {
    // A content that is nested too deep for the stack is not compared, and so is not known to be the same.
    return false;
  }
}
