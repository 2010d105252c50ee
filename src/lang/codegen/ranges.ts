/** Live ranges as lists: end, start, end, start … from the last range to the first; half open and disjoint. */

export type Ranges = readonly number[];

export function intersect(a: Ranges, b: Ranges): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i + 1]! >= b[j]!) i += 2;
    else if (b[j + 1]! >= a[i]!) j += 2;
    else return true;
  }
  return false;
}

/** Of two lists that do not intersect. */
export function union(a: Ranges, b: Ranges): Ranges {
  const result: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (j >= b.length || (i < a.length && a[i]! > b[j]!)) {
      result.push(a[i]!, a[i + 1]!);
      i += 2;
    } else {
      result.push(b[j]!, b[j + 1]!);
      j += 2;
    }
  }
  return result;
}

export function lengthOf(ranges: Ranges): number {
  let length = 0;
  for (let i = 0; i < ranges.length; i += 2) length += ranges[i]! - ranges[i + 1]!;
  return length;
}

/** A row of positions, each free or taken. */
export class Occupancy {
  readonly #taken: Uint8Array;

  constructor(positions: number) {
    this.#taken = new Uint8Array(positions);
  }

  isFree(ranges: Ranges): boolean {
    for (let i = 0; i < ranges.length; i += 2) {
      for (let at = ranges[i + 1]!; at < ranges[i]!; at++) if (this.#taken[at] !== 0) return false;
    }
    return true;
  }

  take(ranges: Ranges): void {
    for (let i = 0; i < ranges.length; i += 2) this.#taken.fill(1, ranges[i + 1]!, ranges[i]!);
  }
}
