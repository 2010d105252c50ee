/** The few with the highest score, in order, and all others: series that are exported must be bounded. */

export interface Split<T> {
  /** Highest score first; equal ones stay in their order. */
  readonly top: readonly T[];
  readonly others: readonly T[];
}

export function splitTop<T>(items: Iterable<T>, most: number, score: (item: T) => number): Split<T> {
  const ranked = Array.from(items, (item) => ({ item, score: score(item) })).sort((a, b) => b.score - a.score);
  const sorted = ranked.map(({ item }) => item);
  return { top: sorted.slice(0, most), others: sorted.slice(most) };
}
