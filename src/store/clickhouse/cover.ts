/** Which tables make up a range: hours in its middle, minutes and what agents appended at its ends. */
import { LEVEL_MS } from '../levels.ts';
import type { TimeRange } from '../store.ts';
import { LEVEL_NAMES } from './schema.ts';

export interface Piece extends TimeRange {
  readonly level: number;
}

/** Nothing twice and nothing left out. */
export function cover({ fromMs, toMs }: TimeRange, level: number = LEVEL_NAMES.length - 1): Piece[] {
  if (fromMs >= toMs) return [];
  if (level === 0) return [{ level, fromMs, toMs }];
  const grid = LEVEL_MS[level]!;
  const first = Math.ceil(fromMs / grid) * grid;
  const end = Math.floor(toMs / grid) * grid;
  if (first >= end) return cover({ fromMs, toMs }, level - 1);
  return [
    ...cover({ fromMs, toMs: first }, level - 1),
    { level, fromMs: first, toMs: end },
    ...cover({ fromMs: end, toMs }, level - 1),
  ];
}

/** The coarsest whose intervals each lie in one step. */
export function levelOfSteps(fromMs: number, stepMs: number): number {
  const fits = (grid: number): boolean => fromMs % grid === 0 && stepMs % grid === 0;
  return Math.max(
    0,
    LEVEL_NAMES.findLastIndex((_, level) => level > 0 && fits(LEVEL_MS[level]!)),
  );
}
