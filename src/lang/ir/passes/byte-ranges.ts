/** Sets of bytes as sorted, disjoint ranges. */

export type ByteRanges = readonly (readonly [from: number, to: number])[];

export function addRange(ranges: ByteRanges, from: number, to: number): ByteRanges {
  const apart = ranges.filter(([f, t]) => t < from || f > to);
  const joined = ranges.filter(([f, t]) => t >= from && f <= to);
  const start = Math.min(from, ...joined.map(([f]) => f));
  const end = Math.max(to, ...joined.map(([, t]) => t));
  return [...apart, [start, end] as const].sort(([a], [b]) => a - b);
}

export function removeRange(ranges: ByteRanges, from: number, to: number): ByteRanges {
  return ranges.flatMap(([f, t]) => {
    const left = [f, Math.min(t, from)] as const;
    const right = [Math.max(f, to), t] as const;
    return [left, right].filter(([a, b]) => a < b);
  });
}

/** What of from … to is not in the set. */
export function uncovered(ranges: ByteRanges, from: number, to: number): ByteRanges {
  return ranges.reduce<ByteRanges>((rest, [f, t]) => removeRange(rest, f, t), [[from, to]]);
}
