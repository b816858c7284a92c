/**
 * Pairs of equal items of two sequences, in order: what a line diff calls unchanged. Pure and without imports, since the
 * page uses it for the words of texts.
 */

/** Edits that are looked for at once. The time for one part of the sequences grows with the square of it. */
const MAX_EDITS = 256;

/**
 * Returns the pairs of Myers' shortest edit script. Sequences that differ in more than `maxEdits` of the items that both
 * have are compared part by part: the path that got furthest is taken, and the next part begins at its end. The pairs are
 * still equal items in order, but there may be fewer than possible.
 *
 * @param left - items by their keys. One without a key is equal to none.
 */
export function matchedPairs(
  left: readonly (string | undefined)[],
  right: readonly (string | undefined)[],
  maxEdits = MAX_EDITS,
): [number, number][] {
  const [a, b] = commonItems(left, right);
  const pairs: [number, number][] = [];
  let x = 0;
  let y = 0;
  while (x < a.keys.length && y < b.keys.length) {
    const part = furthestPath(a.keys.subarray(x), b.keys.subarray(y), maxEdits);
    for (const [i, j] of part.pairs) pairs.push([a.positions[x + i] ?? 0, b.positions[y + j] ?? 0]);
    x += part.x;
    y += part.y;
  }
  return pairs;
}

/** The items of a sequence whose keys the other one has as well: their keys as numbers, and their places. */
interface CommonItems {
  readonly keys: Int32Array;
  readonly positions: readonly number[];
}

/** Leaves out what cannot be in a pair, so that two long sequences with little in common take no time. */
function commonItems(
  left: readonly (string | undefined)[],
  right: readonly (string | undefined)[],
): [CommonItems, CommonItems] {
  const numbers = new Map<string, number>();
  const ofLeft = new Set(left);
  for (const key of right) {
    if (key !== undefined && ofLeft.has(key) && !numbers.has(key)) numbers.set(key, numbers.size);
  }
  const common = (keys: readonly (string | undefined)[]): CommonItems => {
    const items = keys.flatMap((key, position) => {
      const number = key === undefined ? undefined : numbers.get(key);
      return number === undefined ? [] : [{ number, position }];
    });
    return {
      keys: Int32Array.from(items, ({ number }) => number),
      positions: items.map(({ position }) => position),
    };
  };
  return [common(left), common(right)];
}

interface EditPath {
  readonly x: number;
  readonly y: number;
  readonly pairs: readonly (readonly [number, number])[];
}

/** Goes to the end of both sequences, or as far as `maxEdits` edits lead, which is at least that many items. */
function furthestPath(left: Int32Array, right: Int32Array, maxEdits: number): EditPath {
  // For each diagonal k = x - y, shifted by one more than the number of edits: the largest x that was reached on it.
  const trace: Int32Array[] = [];
  let before = Int32Array.of(0, 0, 0);
  for (let edits = 0; ; edits += 1) {
    const reached = new Int32Array(2 * edits + 3);
    let best: { x: number; y: number } | undefined;
    for (let k = -edits; k <= edits; k += 2) {
      let x = edits === 0 ? 0 : nextX(before, edits, k);
      let y = x - k;
      while (x < left.length && y < right.length && left[x] === right[y]) {
        x += 1;
        y += 1;
      }
      reached[k + edits + 1] = x;
      const inside = x <= left.length && y <= right.length;
      if (inside && (best === undefined || x + y > best.x + best.y)) best = { x, y };
    }
    trace.push(reached);
    before = reached;
    const end = best ?? { x: left.length, y: right.length };
    if (edits >= maxEdits || (end.x === left.length && end.y === right.length)) {
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
