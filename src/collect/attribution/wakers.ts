/** Who let go of the LWLocks that were waited for: sums by waiter, event and waker, and what they grew by. */
import type { Waker } from '../../api/index.ts';
import { doerFields, doerKey } from './doer.ts';
import type { Engine } from './engine.ts';
import type { Doer, Identify } from './totals.ts';
import { microseconds } from './window.ts';

export interface WakerTotals {
  readonly doer: Doer;
  count: number;
  ns: number;
}

/** By waiter and event, then by waker. */
export type Wakers = ReadonlyMap<string, ReadonlyMap<string, WakerTotals>>;

/** Of one row: more than these help nobody. */
const MOST_WAKERS = 5;

export const wakerKey = (waiter: Doer, event: number): string =>
  `${doerKey(waiter)} ${waiter.identity.backendType} ${event}`;

/** Empty without the signal `wakers`. Key: slot, event, slot of the waker. */
export function readWakers(engine: Engine, identify: Identify): Wakers {
  const wakers = new Map<string, Map<string, WakerTotals>>();
  if (!engine.hasMap('@wakers')) return wakers;
  engine.counters('@wakers').read((key, offset, [ns, count]) => {
    const waiter = identify(key.getUint32(offset, true));
    const doer = identify(key.getUint32(offset + 8, true));
    if (!waiter || !doer) return;
    const name = wakerKey(waiter, key.getUint32(offset + 4, true));
    const own = wakers.get(name) ?? new Map<string, WakerTotals>();
    wakers.set(name, own);
    const one = `${doerKey(doer)} ${doer.identity.backendType}`;
    const sum = own.get(one) ?? { doer, count: 0, ns: 0 };
    own.set(one, { doer, count: sum.count + count!, ns: sum.ns + ns! });
  });
  return wakers;
}

/** What was added since, the most first; null where nobody was seen. */
export function grownWakers(key: string, now: Wakers, last: Wakers): readonly Waker[] | null {
  const before = last.get(key);
  const grown = [...(now.get(key) ?? [])].flatMap(([name, { doer, count, ns }]) => {
    const earlier = before?.get(name);
    const added = { count: count - (earlier?.count ?? 0), ns: ns - (earlier?.ns ?? 0) };
    return added.count > 0 ? [{ doer, ...added }] : [];
  });
  if (grown.length === 0) return null;
  const sorted = grown.sort((a, b) => b.ns - a.ns).slice(0, MOST_WAKERS);
  return sorted.map(({ doer, count, ns }) => {
    const { backend_type, query_id, fingerprint, query } = doerFields(doer);
    return { backend_type, query_id, fingerprint, query, count, total_us: microseconds(ns) };
  });
}
