/**
 * Which stored intervals make up a range. What an agent appends is level 0; finished minutes, hours and days hold the sums of the
 * level below. An interval is `rolled` when its parent holds it. A range is made of the longest intervals that lie in it, and at
 * its ends of shorter ones: nothing is read twice, and what has not been rolled up yet is read as it is.
 */
import type { TimeRange } from './store.ts';

/** How long an interval of each level is; those of level 0 are as long as the agent says, and begin on this grid. */
export const LEVEL_MS = [10_000, 60_000, 3_600_000, 86_400_000] as const;
export const TOP = LEVEL_MS.length - 1;

/** For each level: what began before this is only in the level above; nothing for levels that nothing was deleted from. */
export type Horizons = readonly number[];

const floorTo = (ms: number, grid: number): number => Math.floor(ms / grid) * grid;

/** The finest level that still knows this moment. */
function finestAt(ms: number, horizons: Horizons): number {
  const level = LEVEL_MS.findIndex((_, at) => ms >= (horizons[at] ?? 0));
  return level < 0 ? TOP : level;
}

/** The range on the grids of what is still stored at its ends. */
export function alignRange({ fromMs, toMs }: TimeRange, horizons: Horizons): TimeRange {
  const head = LEVEL_MS[finestAt(fromMs, horizons)]!;
  const tail = LEVEL_MS[finestAt(toMs - 1, horizons)]!;
  return {
    fromMs: floorTo(fromMs, head),
    toMs: Math.max(floorTo(toMs - 1, tail) + tail, floorTo(fromMs, head) + head),
  };
}

/** Steps that the stored intervals can fill, each of them whole. */
export function alignSteps(range: TimeRange, stepMs: number, horizons: Horizons): { range: TimeRange; stepMs: number } {
  const least = LEVEL_MS[finestAt(range.fromMs, horizons)]!;
  const step = Math.ceil(Math.max(stepMs, least) / least) * least;
  return {
    range: { fromMs: floorTo(range.fromMs, step), toMs: floorTo(range.toMs - 1, step) + step },
    stepMs: step,
  };
}

/**
 * When the first of what is stored was appended, from the earliest beginning at each level: a sum begins on its grid, long before
 * what it was made of. That is named as long as it is there itself.
 */
export function beginningOf(earliest: readonly (number | null)[]): number | null {
  let known: number | null = null;
  for (let level = TOP; level >= 0; level--) {
    const ms = earliest[level] ?? null;
    const untilMs: number = known === null ? Number.POSITIVE_INFINITY : known + LEVEL_MS[level + 1]!;
    // From there on finer intervals are gone: they would lie in the one that is known.
    if (ms !== null && ms >= untilMs) break;
    known = ms ?? known;
  }
  return known;
}

/** One level's part of a range: SQL parameters of `SELECT_PART` in reader.ts. */
export interface Part {
  readonly level: number;
  readonly lengthMs: number;
  /** Parents that lie in one step hold their children; 0 at the top: nothing does. */
  readonly parentMs: number;
}

export const PARTS: readonly Part[] = LEVEL_MS.map((lengthMs, level) => ({
  level,
  // What an agent appends counts by its beginning.
  lengthMs: level === 0 ? 1 : lengthMs,
  parentMs: LEVEL_MS[level + 1] ?? 0,
}));
