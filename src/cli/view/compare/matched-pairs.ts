/**
 * Pairs of equal items of two sequences, in order: what a line diff calls unchanged. Pure and without imports, since the
 * page uses it for the words of texts.
 */

/** Edits that are looked for at once. The time for one part of the sequences grows with the square of it. */
const MAX_EDITS = 256;

/**
 * Returns the pairs of Myers' shortest edit script. Sequences that differ in more than `maxEdits` items are compared part
 * by part: the path that got furthest is taken, and the next part begins at its end. The pairs are still equal items in
 * order, but there may be fewer than possible.
 */
export function matchedPairs(
  left: number,
  right: number,
  equal: (left: number, right: number) => boolean,
  maxEdits = MAX_EDITS,
): [number, number][] {
  const pairs: [number, number][] = [];
  let x = 0;
  let y = 0;
  while (x < left && y < right) {
    const [fromX, fromY] = [x, y];
    const part = furthestPath(left - x, right - y, (i, j) => equal(fromX + i, fromY + j), maxEdits);
    for (const [i, j] of part.pairs) pairs.push([fromX + i, fromY + j]);
    x += part.x;
    y += part.y;
  }
  return pairs;
}

interface EditPath {
  readonly x: number;
  readonly y: number;
  readonly pairs: readonly (readonly [number, number])[];
}

/** Goes to the end of both sequences, or as far as `maxEdits` edits lead, which is at least that many items. */
function furthestPath(
  left: number,
  right: number,
  equal: (left: number, right: number) => boolean,
  maxEdits: number,
): EditPath {
  // For each diagonal k = x - y, shifted by one more than the number of edits: the largest x that was reached on it.
  const trace: Int32Array[] = [];
  let before = Int32Array.of(0, 0, 0);
  for (let edits = 0; ; edits += 1) {
    const reached = new Int32Array(2 * edits + 3);
    let best: { x: number; y: number } | undefined;
    for (let k = -edits; k <= edits; k += 2) {
      let x = edits === 0 ? 0 : nextX(before, edits, k);
      let y = x - k;
      while (x < left && y < right && equal(x, y)) {
        x += 1;
        y += 1;
      }
      reached[k + edits + 1] = x;
      const inside = x <= left && y <= right;
      if (inside && (best === undefined || x + y > best.x + best.y)) best = { x, y };
    }
    trace.push(reached);
    before = reached;
    const end = best ?? { x: left, y: right };
    if (edits >= maxEdits || (end.x === left && end.y === right)) {
      return { ...end, pairs: pairsOf(trace, end.x, end.y) };
    }
  }
}

/** The x at which `edits` edits arrive on diagonal k, before equal items are followed. */
function nextX(before: Int32Array, edits: number, k: number): number {
  return comesFromAbove(before, edits, k) ? at(before, edits, k + 1) : at(before, edits, k - 1) + 1;
}

function comesFromAbove(before: Int32Array, edits: number, k: number): boolean {
  return k === -edits || (k !== edits && at(before, edits, k - 1) < at(before, edits, k + 1));
}

/** Reads what was reached with one edit less. */
function at(before: Int32Array, edits: number, k: number): number {
  return before[k + edits] ?? 0;
}

function pairsOf(trace: readonly Int32Array[], endX: number, endY: number): [number, number][] {
  const pairs: [number, number][] = [];
  let x = endX;
  let y = endY;
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const before = trace[edits - 1];
    let fromX = 0;
    let fromY = 0;
    if (before !== undefined) {
      const k = x - y;
      const fromK = comesFromAbove(before, edits, k) ? k + 1 : k - 1;
      fromX = at(before, edits, fromK);
      fromY = fromX - fromK;
    }
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      pairs.push([x, y]);
    }
    x = fromX;
    y = fromY;
  }
  return pairs.reverse();
}
