import type { SessionNode } from '../view-api.js';
import { matchedPairs } from './matched-pairs.js';

/** A step of both sessions, or of one of them. */
export interface AlignedStep {
  readonly left?: SessionNode;
  readonly right?: SessionNode;
}

/**
 * Puts the steps of two sessions side by side, as trees: a step is matched with one of the same kind and name whose parent
 * was matched with its parent. A model call is also matched with one of another model in the same place. Steps without a
 * match are with their whole subtree in one session only.
 *
 * @param left - nodes depth first, as {@link SessionDetail} has them.
 */
export function alignSteps(left: readonly SessionNode[], right: readonly SessionNode[]): AlignedStep[] {
  const steps: AlignedStep[] = [];
  alignSiblings(treesOf(left), treesOf(right), steps);
  return steps;
}

interface StepTree {
  readonly node: SessionNode;
  readonly key: string;
  readonly below: StepTree[];
}

function treesOf(nodes: readonly SessionNode[]): StepTree[] {
  const roots: StepTree[] = [];
  const path: StepTree[] = [];
  for (const node of nodes) {
    const tree = { node, key: `${node.kind} ${node.name ?? ''}`, below: [] };
    while (path.length > 0 && (path.at(-1)?.node.depth ?? 0) >= node.depth) path.pop();
    (path.at(-1)?.below ?? roots).push(tree);
    path.push(tree);
  }
  return roots;
}

/** The tree is at most 64 levels deep, so that it can be followed by recursion. */
function alignSiblings(left: readonly StepTree[], right: readonly StepTree[], steps: AlignedStep[]): void {
  for (const [a, b] of pairedSiblings(left, right)) {
    if (a === undefined) for (const node of subtree(b)) steps.push({ right: node });
    else if (b === undefined) for (const node of subtree(a)) steps.push({ left: node });
    else {
      steps.push({ left: a.node, right: b.node });
      alignSiblings(a.below, b.below, steps);
    }
  }
}

type SiblingPair = readonly [StepTree | undefined, StepTree | undefined];

function pairedSiblings(left: readonly StepTree[], right: readonly StepTree[]): SiblingPair[] {
  const keyOf = ({ key }: StepTree): string => key;
  const same = matchedPairs(left.map(keyOf), right.map(keyOf));
  return filledGaps(left, right, same, (a, b) => {
    const renamed = matchedPairs(a.map(renamedKind), b.map(renamedKind));
    return filledGaps(a, b, renamed, (c, d) => [
      ...c.map((tree): SiblingPair => [tree, undefined]),
      ...d.map((tree): SiblingPair => [undefined, tree]),
    ]);
  });
}

/** Returns the kind of a step of which another name does not make another step. */
function renamedKind({ node: { kind } }: StepTree): string | undefined {
  return kind === 'model' || kind === 'session' ? kind : undefined;
}

/** The pairs, and between them what a function makes of the items that were skipped. */
function filledGaps(
  left: readonly StepTree[],
  right: readonly StepTree[],
  pairs: readonly (readonly [number, number])[],
  gap: (left: readonly StepTree[], right: readonly StepTree[]) => SiblingPair[],
): SiblingPair[] {
  const filled: SiblingPair[] = [];
  let fromLeft = 0;
  let fromRight = 0;
  for (const [i, j] of [...pairs, [left.length, right.length] as const]) {
    const [a, b] = [left.slice(fromLeft, i), right.slice(fromRight, j)];
    if (a.length > 0 || b.length > 0) for (const pair of gap(a, b)) filled.push(pair);
    if (i < left.length) filled.push([left[i], right[j]]);
    fromLeft = i + 1;
    fromRight = j + 1;
  }
  return filled;
}

function subtree(top: StepTree | undefined): SessionNode[] {
  const nodes: SessionNode[] = [];
  const open = top === undefined ? [] : [top];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    nodes.push(next.node);
    open.push(...next.below.toReversed());
  }
  return nodes;
}
