/** The steps that an answer has over its window, and where those of a store lie on them. */
import type { Summed, TimeRange } from '../../store/index.ts';

/** Steps are whole seconds, so that neighbouring questions share them. */
const SECOND = 1000;
const NICE = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800];
/** What the recent store keeps: finer steps would be empty in between. */
const FINEST_S = 2;

export function stepFor({ fromMs, toMs }: TimeRange, points: number): number {
  const wanted = (toMs - fromMs) / points / SECOND;
  return SECOND * NICE.find((step) => step >= Math.max(FINEST_S, wanted * 0.99))!;
}

export interface Grid {
  readonly firstMs: number;
  readonly stepMs: number;
  readonly count: number;
}

export function gridOf({ fromMs, toMs }: TimeRange, stepMs: number): Grid {
  const firstMs = Math.floor(fromMs / stepMs) * stepMs;
  return { firstMs, stepMs, count: Math.max(1, Math.ceil((toMs - firstMs) / stepMs)) };
}

export interface Placed<Step> {
  readonly step: Step;
  /** The first of its places, and the first behind them. */
  readonly from: number;
  readonly to: number;
}

/** Where each lies on the grid: a reading that came late stands for the time until then, as far as nothing else does. */
export function* placed<Step extends Pick<Summed, 'range' | 'covered'>>(
  steps: readonly Step[],
  { firstMs, stepMs, count }: Grid,
): Generator<Placed<Step>> {
  const indexOf = ({ range }: Step): number => Math.floor((range.fromMs - firstMs) / stepMs);
  for (const [at, step] of steps.entries()) {
    const observedMs = Math.max(0, ...[...step.covered.values()].map(({ observedUs }) => observedUs / 1000));
    const next = steps[at + 1];
    const begin = indexOf(step);
    const end = begin + Math.max(1, Math.round(observedMs / stepMs));
    const limit = Math.min(next ? indexOf(next) : count, count);
    // Between neighbours a hole is where a reading came late: what lasts longer than a stored step leaves one out.
    const isNeighbour = next !== undefined && next.range.fromMs <= step.range.toMs;
    const to = isNeighbour || limit - end <= 1 ? limit : end;
    // What was stored in steps of ten seconds may begin before the window.
    if (to > 0 && begin < count) yield { step, from: Math.max(0, begin), to };
  }
}
