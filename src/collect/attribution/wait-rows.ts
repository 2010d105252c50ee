/** Rows of `pebble waits`, as docs/json.md describes them: what each query and each background process waited for. */

import { Windows } from '../../aggregate/index.ts';
import type { WaitRow } from '../../api/index.ts';
import { doerFields } from './doer.ts';
import { eventOf } from './events.ts';
import { inexactInner, innerFields } from './inner.ts';
import { peakSince } from './peaks.ts';
import { type Totals, WAIT_RULES, type WaitTotals } from './totals.ts';
import { grownWakers, wakerKey } from './wakers.ts';
import { countersOf, microseconds, rowHead, type Window, windowBetween } from './window.ts';

/** Turns readings into windows: each row is what was waited for since the reading before. */
export class WaitRows {
  readonly #windows: Windows = new Windows(WAIT_RULES);
  #last: Totals;

  constructor(first: Totals) {
    this.#windows.advance(countersOf(first.waits));
    this.#last = first;
  }

  /** Waits that ended or went on since the last reading; the longest in sum first. */
  advance(now: Totals): WaitRow[] {
    const growth = this.#windows.advance(countersOf(now.waits));
    const window = windowBetween(this.#last, now);
    const rows = [...growth].map(([key, counters]) =>
      toRow(now.waits.get(key)!, counters, this.#last.reading, window, (of) =>
        grownWakers(of, now.wakers, this.#last.wakers),
      ),
    );
    this.#last = now;
    return rows.sort((a, b) => b.total_us - a.total_us);
  }
}

function toRow(
  totals: WaitTotals,
  growth: Float64Array,
  /** The number of the reading that the window begins with. */
  since: number,
  window: Window,
  wakersOf: (key: string) => WaitRow['woken_by'],
): WaitRow {
  const [ns, count] = growth as unknown as readonly [number, number];
  const { cluster, event } = totals;
  const longest = peakSince(totals.peaks[0], since);
  const { type, event: name } = eventOf(cluster.major, event);
  return {
    ...rowHead(totals, window, inexactInner(totals.inner)),
    ...doerFields(totals),
    ...innerFields(totals.inner),
    wait_event_type: type,
    wait_event: name,
    wait_on: totals.waitsOn ?? null,
    woken_by: type === 'LWLock' ? wakersOf(wakerKey(totals, event)) : null,
    count,
    total_us: microseconds(ns),
    max_us: longest > 0 || ns === 0 ? microseconds(longest) : null,
  };
}
