/** Finds what the user probably meant: the nearest of the known names. */

/** The candidates within a third of the name's length in edits (at least one), nearest first, at most `limit`. */
export function similarNames(name: string, candidates: Iterable<string>, limit = 3): string[] {
  const most = Math.max(1, Math.floor(name.length / 3));
  const near: { candidate: string; distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const renamed = bare(name) === bare(candidate);
    if (!renamed && Math.abs(candidate.length - name.length) > most) continue;
    const distance = renamed ? 0.5 : editDistance(name, candidate);
    if (distance <= most) near.push({ candidate, distance });
  }
  near.sort((a, b) => a.distance - b.distance);
  return near.slice(0, limit).map(({ candidate }) => candidate);
}

/** "did you mean 'a' or 'b'?", ready for a hint; undefined when nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const near = similarNames(name, candidates).map((candidate) => `'${candidate}'`);
  return near.length === 0 ? undefined : `did you mean ${near.join(' or ')}?`;
}

/** The kernel renames with underscores: `state` became `__state`. */
const bare = (name: string): string => name.replace(/^_+/, '');

/** Insertions, deletions, substitutions and swaps of neighbours, each one edit (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
