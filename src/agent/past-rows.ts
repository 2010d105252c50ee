/** What all rows of the past are made with: the parts of a series by name, whose they are, and how much was observed. */
import type { DoerFields, HistoryWindow, PastRow, RowHead } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import { type Longest, longestOf, type QueryCounts } from '../collect/attribution/index.ts';
import {
  type Covered,
  type IdentityName,
  identityAt,
  type KindName,
  type QueryText,
  type Sample,
  type Store,
  type Summed,
  textsAt,
} from '../store/index.ts';

export type Texts = ReadonlyMap<string, QueryText>;

export const windowOf = ({ range, covered }: Summed): HistoryWindow => ({
  from: rfc3339(range.fromMs),
  to: rfc3339(range.toMs),
  observed_us: Math.max(0, ...[...covered.values()].map(({ observedUs }) => observedUs)),
});

/** Names the parts of a sample. */
export function reader<K extends KindName>(kind: K, { series }: Sample): (name: IdentityName<K>) => string | null {
  return (name) => series[identityAt(kind, name)] ?? null;
}

/** Of all statements in these samples. */
export async function textsOf<K extends KindName>(
  store: Store,
  kind: 'fingerprint' extends IdentityName<K> ? K : never,
  samples: readonly Sample[],
): Promise<Texts> {
  const fingerprints = textsAt(kind).flatMap((at) => samples.flatMap(({ series }) => series[at] ?? []));
  return store.texts(new Set(fingerprints));
}

export function headOf(host: string, cluster: string | null, system: string | null, summed: Summed): RowHead {
  const covered = summed.covered.get(host) ?? NOTHING;
  const whole = covered.observedUs >= (summed.range.toMs - summed.range.fromMs) * 1000 * NEARLY_ALL;
  return {
    cluster: cluster ?? '',
    system_identifier: system,
    window_start: rfc3339(summed.range.fromMs),
    window_us: covered.observedUs,
    coverage: covered.coverage === 'exact' && !whole ? 'partial' : covered.coverage,
    inexact: [],
    dropped: covered.dropped,
  };
}

/** One a host. */
export const headsOf = (summed: Summed): PastRow<RowHead>[] =>
  [...summed.covered.keys()].map((host) => ({ host, ...headOf(host, null, null, summed) }));

const NOTHING: Covered = { observedUs: 0, coverage: 'partial', dropped: 0 };
/** Flushes come some milliseconds early or late. */
const NEARLY_ALL = 0.99;

type DoerPart = 'host' | 'cluster' | 'system_identifier' | 'database' | 'user' | 'query_id' | 'fingerprint';

/** A session's statement unless the series say which process it was. */
export function doerOf(
  part: (name: DoerPart) => string | null,
  texts: Texts,
  backendType: string | null = 'client backend',
): DoerFields {
  const fingerprint = part('fingerprint');
  const text = fingerprint === null ? undefined : texts.get(fingerprint);
  return {
    backend_type: backendType ?? 'unknown',
    database: part('database'),
    user: part('user'),
    query_id: part('query_id'),
    fingerprint,
    query: text?.text ?? null,
    query_truncated: text?.truncated ?? false,
  };
}

/** Of intervals that some do not know their longest of (samples, and what earlier Pebbles wrote) the longest may be longer. */
export function longest(histogram: QueryCounts['latency'], known: number, unknown: number): Longest {
  const { max, isMaxExact } = longestOf(histogram, known);
  return { max, isMaxExact: isMaxExact && unknown === 0 };
}
