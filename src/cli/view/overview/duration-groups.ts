export interface DurationPercentiles {
  readonly p50?: number;
  readonly p95?: number;
}

/**
 * Exact percentiles of many groups of durations. A counting sort puts the durations of each group side by side in one
 * array, where they are selected: sorting them took four times as long.
 */
export class DurationGroups {
  readonly #durations: Float64Array;
  readonly #groups: Uint32Array;
  #length = 0;

  /** @param capacity - most durations that will be added. */
  constructor(capacity: number) {
    this.#durations = new Float64Array(capacity);
    this.#groups = new Uint32Array(capacity);
  }

  /** Adds a duration; NaN stands for an unknown one and is left out. */
  add(group: number, duration: number): void {
    if (Number.isNaN(duration)) return;
    this.#durations[this.#length] = duration;
    this.#groups[this.#length] = group;
    this.#length += 1;
  }

  /**
   * The median and the 95th percentile of each group by nearest rank, so that both are durations that occurred.
   *
   * @param places - the number of groups in the result.
   * @param placeOf - where a group goes; several may go to one place.
   */
  percentiles(places: number, placeOf = (group: number): number => group): DurationPercentiles[] {
    const ends = new Uint32Array(places);
    for (let i = 0; i < this.#length; i += 1) {
      const place = placeOf(this.#groups[i] ?? 0);
      ends[place] = (ends[place] ?? 0) + 1;
    }
    const starts = new Uint32Array(places);
    for (let place = 1; place < places; place += 1) {
      starts[place] = (starts[place - 1] ?? 0) + (ends[place - 1] ?? 0);
    }
    ends.set(starts);
    const sorted = new Float64Array(this.#length);
    for (let i = 0; i < this.#length; i += 1) {
      const place = placeOf(this.#groups[i] ?? 0);
      const at = ends[place] ?? 0;
      sorted[at] = this.#durations[i] ?? 0;
      ends[place] = at + 1;
    }
    return Array.from(starts, (start, place) => percentilesOf(sorted.subarray(start, ends[place])));
  }
}

function percentilesOf(durations: Float64Array): DurationPercentiles {
  const { length } = durations;
  if (length === 0) return {};
  const rank = (part: number): number => Math.ceil(part * length) - 1;
  return { p50: select(durations, rank(0.5)), p95: select(durations, rank(0.95)) };
}

/** Moves the element that sorting would put at an index to that index (Hoare's quickselect), and returns it. */
function select(values: Float64Array, index: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = medianOfThree(values[low] ?? 0, values[(low + high) >> 1] ?? 0, values[high] ?? 0);
    let left = low;
    let right = high;
    while (left <= right) {
      while ((values[left] ?? 0) < pivot) left += 1;
      while ((values[right] ?? 0) > pivot) right -= 1;
      if (left > right) break;
      const moved = values[left] ?? 0;
      values[left] = values[right] ?? 0;
      values[right] = moved;
      left += 1;
      right -= 1;
    }
    if (index <= right) high = right;
    else if (index >= left) low = left;
    else break;
  }
  return values[index] ?? 0;
}

/** Keeps durations that are sorted already, or all equal, from being the worst case. */
function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
