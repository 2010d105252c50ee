/** What lies in a range of time. */
import type { TimeRange } from './store.ts';

/** For the larger part: of ranges that follow each other it is in one. */
export function isMostlyIn(window: TimeRange, { fromMs, toMs }: TimeRange): boolean {
  const middle = (window.fromMs + window.toMs) / 2;
  return middle >= fromMs && middle < toMs;
}
