/** What all rows of one window have in common. */
import type { RowHead, Window } from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import type { ObservedCluster } from '../observed.ts';
import type { Totals } from './totals.ts';

export function windowBetween(last: Totals, now: Totals): Window {
  const dropped = now.dropped - last.dropped;
  return {
    window_start: rfc3339(last.wallMs),
    window_us: Math.round((now.monotonicMs - last.monotonicMs) * 1000),
    coverage: dropped > 0 || now.shortcoming !== undefined ? 'partial' : 'exact',
    dropped,
  };
}

/** The same, as rows of docs/json.md begin. */
export function rowHead(
  { cluster }: { readonly cluster: ObservedCluster },
  window: Window,
  inexact: readonly string[],
): RowHead {
  const { window_start, window_us, coverage, dropped } = window;
  return {
    cluster: cluster.pgdata,
    system_identifier: cluster.systemIdentifier,
    window_start,
    window_us,
    coverage,
    inexact,
    dropped,
  };
}

export const microseconds = (ns: number): number => Math.round(ns) / 1000;

export const countersOf = (rows: ReadonlyMap<string, { readonly counters: Float64Array }>): Map<string, Float64Array> =>
  new Map([...rows].map(([key, { counters }]) => [key, counters]));

export type { Window } from '../../api/index.ts';
